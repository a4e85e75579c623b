"""RabbitMQ: topology, publisher, and the two collectors that hear builders."""
