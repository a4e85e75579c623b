"""What integration tests share."""

from tests.support.broker import connect, rabbitmq
from tests.support.site import site

__all__ = ["connect", "rabbitmq", "site"]
