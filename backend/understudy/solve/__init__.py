"""Base layer and edits put together, smoothed over time: pure functions on records."""
