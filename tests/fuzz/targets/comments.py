"""The body of a comment, read, resolved and answered."""

from time import process_time

from activities.clients.comments.parsing import parse
from tests.support.webhooks import comment_payload, decide
from tickborg.commands.resolving import Offer, resolve
from tickborg.github import COMMENT_LIMIT
from tickborg.systems import System
from tickborg.texts.replies import reply
from webhook.decisions import Ignore, Refuse

HANDLE = "tickbot"
SECONDS = 2.0
"""Of processor time, for what is as long as GitHub lets a comment be."""

_OFFER = Offer(
    projects=("cgit", "cmark", "meshmc"),
    systems=(System.X86_64_LINUX, System.AARCH64_DARWIN),
    allowed=(System.X86_64_LINUX,),
)


def check(data: bytes) -> None:
    """Read it, whatever it is; what is wrong with it fits an answer, and is said of a place in it."""
    body = data.decode("utf-8", "replace")[:COMMENT_LIMIT]
    began = process_time()
    parsed = parse(body, HANDLE)
    said = reply(resolve(parsed, _OFFER), _OFFER, HANDLE)
    assert process_time() - began < SECONDS
    assert len(said) <= COMMENT_LIMIT
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for each in (*parsed.commands, *parsed.errors):
        assert 1 <= each.place.line <= len(lines)
        assert 1 <= each.place.column <= len(lines[each.place.line - 1])
    heard = not isinstance(decide(comment_payload(body), "issue_comment"), Ignore | Refuse)
    assert heard or not (parsed.commands or parsed.errors), "the webhook ignores what the parser understands"
