"""What integration tests share."""

from tests.support.broker import connect, rabbitmq

__all__ = ["connect", "rabbitmq"]
