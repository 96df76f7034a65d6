"""Generated from protos/ by scripts/generate_protos.sh; only this line is written by hand."""
