"""What is said of a Temporal that refuses, or is away."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from activities.temporal_failures import failure, failures_of, in_words
from cli.configured import temporal_or_up
from cli.temporal_client import CHECK_UP, TemporalConnection
from tickborg.errors import PermanentError, TickborgError, UnavailableError
from tickborg.settings import Settings

REFUSED_CONNECTION = (
    "Failed client connect: Server connection error: tonic::transport::Error(Transport, ConnectError("
    'ConnectError("tcp connect error", Os { code: 111, kind: Refused, message: "Connection refused" })))'
)


def rpc(status: RPCStatusCode, message: str = "no") -> RPCError:
    """What the SDK raises."""
    return RPCError(message, status, b"")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (rpc(RPCStatusCode.NOT_FOUND, "no such workflow."), "Temporal answered NOT_FOUND: no such workflow"),
        (
            rpc(RPCStatusCode.UNAVAILABLE, REFUSED_CONNECTION),
            "Temporal did not answer (UNAVAILABLE): Connection refused",
        ),
        (WorkflowQueryFailedError("it is broken"), "the worker could not answer: it is broken"),
        (RuntimeError(REFUSED_CONNECTION), "Connection refused"),
    ],
)
def test_it_is_said_who_failed(error: Exception, said: str) -> None:
    """A server that is away refuses nothing, and the layers of the SDK are nobody's business."""
    assert in_words(error) == said


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (rpc(RPCStatusCode.PERMISSION_DENIED), PermanentError, "ask for it"),
        (rpc(RPCStatusCode.UNAVAILABLE), UnavailableError, "try again"),
        (RuntimeError("not connected"), UnavailableError, "try again"),
    ],
)
def test_what_to_do_depends_on_whether_it_refuses(
    error: Exception, kind: type[TickborgError], advice: str
) -> None:
    """Whoever is refused need not wait, and whoever waits need ask nobody."""
    with (
        pytest.raises(kind, match=f"^looking: .*; {advice}$"),
        failures_of("looking", refused="ask for it", away="try again"),
    ):
        raise error


def test_nothing_is_advised_where_nothing_is_to_be_done() -> None:
    """And what counts as a refusal is the caller's to say."""
    missing = rpc(RPCStatusCode.NOT_FOUND)
    assert str(failure("looking", missing)) == "looking: Temporal answered NOT_FOUND: no"
    assert isinstance(failure("looking", missing, refusals=()), UnavailableError)


def test_the_temporal_of_up_is_looked_for_where_up_was_started(tmp_path: Path) -> None:
    """Its address is no setting that anybody could check."""
    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "address").write_text("127.0.0.1:7")
    found = temporal_or_up(Settings.model_validate({"state": {"path": str(tmp_path)}}))
    assert found == TemporalConnection("127.0.0.1:7", when_away=CHECK_UP)
