"""The dashboard: one line for the address, one for where a stream goes on, then what a build printed."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

from dashboard.app import create_app
from messaging.log_format import log_path
from messaging.log_store import LogReader
from tests.fuzz.targets import log_folder
from tests.support.asgi import Answered, Asked
from tests.support.build_logs import ATTEMPT, START, end
from tests.support.fake_owners import FakeOwners
from tests.support.samples import branch_view, build_view, pull_request_view
from tests.support.written_logs import write
from tickborg.messages import BuildLogStatus

SECONDS = 2.0
STATUSES = {200, 404, 405}
LOG = f"/logs/{ATTEMPT}".encode()

_LOGS = log_folder.named("dashboard")
_OWNERS = FakeOwners(pull_request_view(build_view()), branch_view(build_view()))
APP = create_app(owners=_OWNERS, logs=LogReader(_LOGS))
_ASKED = Asked(APP)


@contextmanager
def printed(output: bytes) -> Iterator[bytes]:
    """A log in which a build printed this; yields the whole of it."""
    with log_folder.made(_LOGS):
        write(_LOGS, START, end(BuildLogStatus.FAILURE, 0))
        path = log_path(_LOGS, ATTEMPT)
        log = path.read_bytes() + output
        path.write_bytes(log)
        yield log


def check(data: bytes) -> None:
    """Answer it, whatever it is; a page has nothing in it that a browser or a terminal obeys."""
    address, _, rest = data.partition(b"\n")
    place, _, output = rest.partition(b"\n")
    with printed(output) as log:
        assert _get(b"/" + address.lstrip(b"/"), place).status in STATUSES
        page = _get(LOG, place)
        assert page.status == 200
        assert not any(ord(sign) < 0x20 and sign not in "\n\t" for sign in page.body.decode())
        assert _get(LOG + b"/raw", place).body == log
        stream = _get(LOG + b"/stream", place)
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        stream.body.decode()


def _get(target: bytes, place: bytes) -> Answered:
    began = process_time()
    answered = _ASKED.ask("GET", target, [(b"last-event-id", place)])
    assert process_time() - began < SECONDS
    assert answered.headers["x-content-type-options"] == "nosniff"
    return answered
