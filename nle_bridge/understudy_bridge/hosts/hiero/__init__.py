"""Hiero and Nuke Studio: the active sequence, its video tracks and track items."""
