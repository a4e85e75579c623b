"""Ports for servers that start a moment later."""

import socket

import pytest

from cli.loopback import LOOPBACK, claim_port


def test_a_claimed_port_is_given_to_nobody_else() -> None:
    """Whoever asks the system for a port meanwhile gets another, and the server gets this one."""
    port = claim_port()
    with socket.socket() as somebody, pytest.raises(OSError, match="in use"):
        somebody.bind((LOOPBACK, port))
    with socket.create_server((LOOPBACK, port)) as server:
        assert server.getsockname()[1] == port


def test_a_port_that_somebody_listens_on_cannot_be_claimed() -> None:
    """It is theirs."""
    with socket.create_server((LOOPBACK, 0)) as theirs, pytest.raises(OSError, match="in use"):
        claim_port(theirs.getsockname()[1])
