"""The bridge into editing software: a client of the render backend, without torch."""
