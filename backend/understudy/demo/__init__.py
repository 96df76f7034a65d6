"""Synthetic performers: heads made from CC0 data, with exact truth beside every picture."""
