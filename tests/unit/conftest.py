"""What unit tests share."""

from tests.support.github_wire import clock, ends, wire

__all__ = ["clock", "ends", "wire"]
