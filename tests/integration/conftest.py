"""What integration tests share."""

from tests.support.broker import connect, rabbitmq
from tests.support.clock import pass_time
from tests.support.site import site

__all__ = ["connect", "pass_time", "rabbitmq", "site"]
