"""Many people talk at once: each is answered once, and histories stay small (design, section 3)."""

import asyncio
import json
import sys
from dataclasses import dataclass
from functools import partial
from statistics import median

import pytest
from temporalio.client import WorkflowHandle

from emulator.state import Comment, PullRequest
from tests.support.eventually import eventually
from tests.support.expected import GREETING
from tests.support.monorepo import MONOREPO
from tests.support.shown import all_check_runs
from tests.support.site import Site, owner_of
from tickborg.github import RepositoryName, late_reply_prefix, reply_marker
from tickborg.names import comment_id

PULLS = 30
DISTINCT, REPEATED = 200, 100
"""Comments, and redeliveries of half of them."""

EVENTS_PER_PULL_REQUEST = 200
"""In the history of an owner that is told to evaluate, to build and to cancel: an answer alone adds none."""

TYPO, BUILD, EVAL, RETRY, CANCEL, STATUS, HELP = (
    f"@tickbot {words}"
    for words in ("build greetin", "build greeting", "eval", "retry", "cancel", "status", "help")
)
BUILT, IDLE, FOUGHT_OVER = "built", "idle", "fought over"
CONVERSATIONS = {
    BUILT: (TYPO, STATUS, BUILD, STATUS, HELP, STATUS, TYPO),
    IDLE: (RETRY, CANCEL, STATUS, HELP, RETRY, CANCEL, STATUS),
    FOUGHT_OVER: (EVAL, STATUS, RETRY, CANCEL, EVAL, RETRY, CANCEL),
}
"""What is said, in turn, on a pull request.

Where nothing goes on, nor has failed, there is nothing to retry or cancel, whatever comes first. Where
something is evaluated, cancelled and tried again, what there is to do depends on what came first.
"""

AT_ONCE = frozenset({TYPO, STATUS, HELP})
"""Those with an answer of the comment's own."""
NOTHING = {RETRY: "nothing to retry", CANCEL: "nothing to cancel"}
"""What the owner answers to those that come to nothing."""


@dataclass(frozen=True, repr=False)
class Said:
    """A comment of one of the conversations."""

    pull: PullRequest
    conversation: str
    comment: Comment

    @property
    def at_once(self) -> list[str]:
        """The comment's own answers."""
        return self._with(reply_marker(self.comment.id))

    @property
    def late(self) -> list[str]:
        """The owner's answers."""
        return self._with(late_reply_prefix(self.comment.id))

    @property
    def is_seen(self) -> bool:
        """Whether there is a reaction to what can be done, and to nothing else."""
        return bool(self.comment.reactions) == (self.comment.body != TYPO)

    @property
    def is_answered(self) -> bool:
        """Whether it has the answers that it must have, each once, and no others."""
        says = self.comment.body
        if len(self.at_once) != (says in AT_ONCE):
            return False
        if says not in NOTHING:
            return not self.late
        may_have_done_something = self.conversation == FOUGHT_OVER
        once = len(self.late) == 1 or (may_have_done_something and not self.late)
        return once and all(NOTHING[says] in answer for answer in self.late)

    def __str__(self) -> str:
        """What was said where, and what came of it."""
        seen = "seen" if self.comment.reactions else "not seen"
        return f"#{self.pull.number} {self.comment.body}: {seen}, {[*self.at_once, *self.late]}"

    def _with(self, marker: str) -> list[str]:
        return [each.body for each in self.pull.comments if marker in each.body]


def conversation_of(pull: PullRequest) -> str:
    """Which one is had about it."""
    return tuple(CONVERSATIONS)[pull.number % len(CONVERSATIONS)]


def say(site: Site, pull: PullRequest, turn: int) -> Said:
    """Write what comes next there."""
    conversation = conversation_of(pull)
    return Said(pull, conversation, site.alice.comment(pull, CONVERSATIONS[conversation][turn]))


@pytest.mark.timeout(300)
async def test_everyone_is_answered_once(site: Site) -> None:
    """300 comments on 30 pull requests at once, a third of them redeliveries."""
    repository = site.repository(MONOREPO)
    pulls = [site.propose(repository, {f"note-{n}.md": b"Read me.\n"}) for n in range(PULLS)]
    await asyncio.gather(*map(site.settled, pulls))

    said = [say(site, pulls[number % PULLS], number // PULLS) for number in range(DISTINCT)]
    told = [each for each in site.app.deliveries if (each.event, each.action) == ("issue_comment", "created")]
    theirs = {each.comment.id for each in said}
    first = [each for each in told if json.loads(each.body)["comment"]["id"] in theirs]
    for delivery in first[:REPEATED]:
        site.github.webhooks.repeat(site.app, delivery)
    await site.github.webhooks.settled()
    answered = {each.status_code for each in site.app.deliveries if each.event == "issue_comment"}
    # What Temporal was too busy for on a busy machine is delivered again, and is no less answered once.
    assert answered <= {200, 202, 503}

    name = RepositoryName.parse(repository.full_name)
    for each in said:
        handle = site.client.get_workflow_handle(comment_id(name, each.pull.number, each.comment.id))
        assert await handle.result() in {"1 orders, 0 errors", "0 orders, 1 errors", "0 orders, 0 errors"}
    await asyncio.gather(*map(site.settled, pulls))
    owners = {pull.number: owner_of(site.client, pull) for pull in pulls}
    await asyncio.gather(*(eventually(partial(is_through, owner)) for owner in owners.values()))

    assert [str(each) for each in said if not (each.is_seen and each.is_answered)] == []
    unanswered = {(each.pull.number, each.comment.body) for each in said if not each.late}
    retried = {pull for pull, says in unanswered if says == RETRY}
    # A retry that is not answered has run something again: what a cancel that is not answered has ended.
    assert {pull for pull in retried if (pull, CANCEL) not in unanswered} == set()
    built = {each.pull.number: each.pull for each in said if each.comment.body == BUILD}
    for pull in built.values():
        assert {(run.name, run.conclusion) for run in all_check_runs(pull)} == {(GREETING, "success")}

    lengths = {number: (await owner.describe()).history_length for number, owner in owners.items()}
    for conversation in CONVERSATIONS:
        some = [lengths[pull.number] for pull in pulls if conversation_of(pull) == conversation]
        sys.stdout.write(f"\n{conversation}: {median(some):.0f} events in the median, {max(some)} at most")
    assert max(lengths.values()) < EVENTS_PER_PULL_REQUEST


async def is_through(owner: WorkflowHandle[object, object]) -> bool:
    """Whether an owner has acted on all that it was told, and said all that it has to say."""
    raw = (await owner.describe()).raw_description
    return not (raw.pending_activities or raw.pending_children or raw.HasField("pending_workflow_task"))
