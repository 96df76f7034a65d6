"""What every editor has in common: timelines, shots on them, takes placed above them. Exact, and pure."""
