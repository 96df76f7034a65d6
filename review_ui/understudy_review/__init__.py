"""The review room: a client of the render backend, without torch."""
