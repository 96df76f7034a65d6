"""Editors to test adapters with: real ones, fakes with the documented quirks, and one on paper."""
