"""Many people talk at once: each is answered once, and histories stay small (design, section 3)."""

import asyncio
import json
from collections import Counter

import pytest

from emulator.state import Comment, PullRequest
from tests.support.expected import GREETING
from tests.support.monorepo import MONOREPO
from tests.support.shown import all_check_runs
from tests.support.site import Site, owner_of
from tickborg.github import RepositoryName, reply_marker
from tickborg.names import comment_id

PULLS = 30
DISTINCT, REPEATED = 200, 100
"""Comments, and redeliveries of half of them."""

EVENTS_PER_PULL_REQUEST = 400
"""In the history of an owner that is told to evaluate, to build and to cancel: an answer alone adds none."""

WORDS = (
    "@tickbot build greetin",
    "@tickbot eval",
    "@tickbot status",
    "@tickbot retry",
    "@tickbot status",
    "@tickbot cancel",
    "@tickbot help",
    "@tickbot status",
    "@tickbot build greetin",
    "@tickbot eval",
    "@tickbot status",
    "@tickbot retry",
    "@tickbot build greeting",
    "@tickbot cancel",
    "@tickbot help",
    "@tickbot status",
)
"""In turn: on some pull requests something is built, and others are evaluated and cancelled."""

ANSWERED = frozenset({"@tickbot build greetin", "@tickbot status", "@tickbot help"})
"""Those with an answer of the comment's own. A retry and a cancel are answered by the owner, if at all."""


def words(number: int) -> str:
    """What the comment of that number says: a typo, an order or a question."""
    return WORDS[number % len(WORDS)]


@pytest.mark.timeout(300)
async def test_everyone_is_answered_once(site: Site) -> None:
    """300 comments on 30 pull requests at once, a third of them redeliveries."""
    repository = site.repository(MONOREPO)
    pulls = [site.propose(repository, {f"note-{n}.md": b"Read me.\n"}) for n in range(PULLS)]
    await asyncio.gather(*map(site.settled, pulls))

    asked: list[tuple[PullRequest, Comment]] = []
    for number in range(DISTINCT):
        pull = pulls[number % PULLS]
        asked.append((pull, site.alice.comment(pull, words(number))))
    told = [each for each in site.app.deliveries if (each.event, each.action) == ("issue_comment", "created")]
    theirs = {comment.id for _, comment in asked}
    first = [each for each in told if json.loads(each.body)["comment"]["id"] in theirs]
    for delivery in first[:REPEATED]:
        site.github.webhooks.repeat(site.app, delivery)
    await site.github.webhooks.settled()
    answered = {each.status_code for each in site.app.deliveries if each.event == "issue_comment"}
    # What Temporal was too busy for on a busy machine is delivered again, and is no less answered once.
    assert answered <= {200, 202, 503}

    name = RepositoryName.parse(repository.full_name)
    for pull, comment in asked:
        handle = site.client.get_workflow_handle(comment_id(name, pull.number, comment.id))
        assert await handle.result() in {"1 orders, 0 errors", "0 orders, 1 errors", "0 orders, 0 errors"}
    await asyncio.gather(*map(site.settled, pulls))

    answers = Counter(
        comment.id
        for pull, comment in asked
        for answer in pull.comments
        if reply_marker(comment.id) in answer.body
    )
    assert answers == Counter(comment.id for _, comment in asked if comment.body in ANSWERED)
    late = Counter(
        comment.id
        for pull, comment in asked
        for answer in pull.comments
        if f"tickborg:late-reply:{comment.id}:" in answer.body
    )
    assert set(late.values()) <= {1}
    assert {comment.body for _, comment in asked if late[comment.id]} <= {"@tickbot retry", "@tickbot cancel"}
    seen = {comment.id for _, comment in asked if comment.reactions}
    assert seen == {comment.id for _, comment in asked if comment.body != "@tickbot build greetin"}
    built = {pull.number: pull for pull, comment in asked if comment.body == "@tickbot build greeting"}
    for pull in built.values():
        assert {(run.name, run.conclusion) for run in all_check_runs(pull)} == {(GREETING, "success")}

    lengths = [(await owner_of(site.client, pull).describe()).history_length for pull in pulls]
    assert max(lengths) < EVENTS_PER_PULL_REQUEST
