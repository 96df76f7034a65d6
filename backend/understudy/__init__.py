"""Understudy: face replacement for film and television post-production."""

__version__ = "0.1.0"
