"""What integration tests share."""

from tests.support.broker import rabbitmq, rabbitmq_session

__all__ = ["rabbitmq", "rabbitmq_session"]
