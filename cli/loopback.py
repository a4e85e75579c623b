"""Ports of this machine alone, for servers of our own."""

import socket

LOOPBACK = "127.0.0.1"


def claim_port(port: int = 0) -> int:
    """``port`` itself, or for 0 a free one.

    One connection is made to it and closed from its own side. That leaves it in TIME_WAIT, in which a
    server may listen on it but the system gives it to nobody else who asks for a free port.

    Raises:
        OSError: somebody listens on ``port``.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(1)
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_WR)
        return int(listener.getsockname()[1])
