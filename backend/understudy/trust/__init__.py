"""Who agreed to what, what was done, and how anyone can check it."""
