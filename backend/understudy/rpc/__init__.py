"""The gRPC skin of the backend: decode, call, encode."""
