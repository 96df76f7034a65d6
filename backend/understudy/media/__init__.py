"""Pictures, movies and layered frames: reading, writing, colour and geometry of pixels."""
