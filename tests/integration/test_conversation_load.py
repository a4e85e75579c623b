"""Many people talk at once: each is answered once, and histories stay small (design, section 3)."""

import asyncio
import json
from collections import Counter

import pytest

from emulator.state import Comment, PullRequest
from tests.support.monorepo import MONOREPO
from tests.support.site import Site, owner_of
from tickborg.github import RepositoryName, reply_marker
from tickborg.names import comment_id

PULLS = 30
DISTINCT, REPEATED = 200, 100
"""Comments, and redeliveries of half of them."""

EVENTS_PER_PULL_REQUEST = 150
"""In the history of an owner that is told to evaluate twice: 81 were seen. An answer alone adds none."""


def words(number: int) -> str:
    """What the comment of that number says: a typo, an order or a question."""
    return ("@tickbot build greetin", "@tickbot eval", "@tickbot status", "@tickbot help")[number % 4]


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
    assert {each.status_code for each in site.app.deliveries if each.event == "issue_comment"} <= {200, 202}

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
    expected = [comment.id for number, (_, comment) in enumerate(asked) if number % 4 != 1]
    assert answers == Counter(expected)
    seen = {comment.id for _, comment in asked if comment.reactions}
    assert seen == {comment.id for number, (_, comment) in enumerate(asked) if number % 4 != 0}

    lengths = [(await owner_of(site.client, pull).describe()).history_length for pull in pulls]
    assert max(lengths) < EVENTS_PER_PULL_REQUEST
