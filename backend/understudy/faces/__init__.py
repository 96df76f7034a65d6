"""Finding, following and describing faces."""
