"""The client: what the command line, the bridge and the review room hold."""

from understudy.client.client import Client

__all__ = ["Client"]
