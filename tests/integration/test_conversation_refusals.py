"""What comes to nothing is answered, on real parts: comments, and words that their answers must have."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.embedded_temporal import EmbeddedTemporal
from emulator import Person
from emulator.faults import Stale
from emulator.payloads import events
from emulator.state import Comment, PullRequest, Repository
from tests.support.broker import RabbitMQNode
from tests.support.monorepo import MONOREPO, PROJECTS, TWICE
from tests.support.shown import all_check_runs
from tests.support.site import SYSTEM, Site, running_site
from tickborg.commands.grammar import COMMANDS_LIMIT
from tickborg.github import SUMMARY_MARKER, late_reply_prefix, reply_marker
from tickborg.policy import Policy
from tickborg.systems import System

ELSEWHERE = f"""
[[project]]
name = "elsewhere"
path = "elsewhere"
build-system = "make"
systems = ["{System.X86_64_FREEBSD}"]
"""
USUAL = {**MONOREPO, ".tickborg.toml": PROJECTS + ELSEWHERE.encode()}
NO_PROJECTS = {"README.md": b"Nothing to build.\n"}
SPOILT = {**MONOREPO, ".tickborg.toml": PROJECTS + b"needs = [\n"}
NOTE, MORE = {"notes/one": b"Read me.\n"}, {"notes/two": b"Read me, too.\n"}
"""Changes of no project, for which there is no label and no summary comment either."""

FOR_WRITERS = Policy(systems=(SYSTEM,), primary_systems=(), require_approval=True)
"""Builds are for people who may push, and there is nowhere for others; newcomers have to be let in."""


@dataclass(frozen=True)
class Asked:
    """A comment, and what must be said of it."""

    by: str
    says: str
    answer: tuple[str, ...]
    """Words that must be in it."""


TOO_MANY = "\n".join(["@tickbot help"] * (COMMANDS_LIMIT + 1))
CONVERSATIONS: tuple[tuple[Mapping[str, bytes], tuple[Asked, ...]], ...] = (
    (
        USUAL,
        (
            Asked("eve", TOO_MANY, (f"{COMMANDS_LIMIT} commands", f"line {COMMANDS_LIMIT + 1}")),
            Asked("eve", "@tickbot build greeting", ("`@tickbot build`", "people who may push")),
            Asked(
                "maya",
                "@tickbot build elsewhere",
                ("Not built", "`elsewhere` on x86_64-freebsd", "no builders"),
            ),
            Asked("maya", f"@tickbot build elsewhere on {SYSTEM}", ("Not built", SYSTEM, "`systems`")),
        ),
    ),
    (
        NO_PROJECTS,
        (
            Asked("maya", "@tickbot build all", ("no projects",)),
            Asked("alice", "@tickbot cancel", ("nothing to cancel",)),
        ),
    ),
    (SPOILT, (Asked("maya", "@tickbot build greeting", (".tickborg.toml` on `main`", "line", "not TOML")),)),
)
"""By what the repository holds."""


async def test_what_comes_to_nothing_is_answered(
    tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """Each comment once, with what was wrong; and nothing is built for any of them."""
    async with running_site(tmp_path, temporal.address, rabbitmq.url, FOR_WRITERS) as site:
        pulls = [site.propose(_repository(site, files), NOTE) for files, _ in CONVERSATIONS]
        await asyncio.gather(*map(site.settled, pulls))
        comments = [
            (asked, Person(site.github, asked.by).comment(pull, asked.says))
            for pull, (_, conversation) in zip(pulls, CONVERSATIONS, strict=True)
            for asked in conversation
        ]
        for asked, comment in comments:
            answer = await _answer(site, comment)
            assert [words for words in asked.answer if words not in answer] == [], answer
        await _assert_quiet(site, pulls, answers=len(comments))


async def test_what_a_push_has_overtaken_is_answered(
    tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """A build of the head before, and an approval that was written before there was this head."""
    async with running_site(tmp_path, temporal.address, rabbitmq.url, FOR_WRITERS) as site:
        pull, contributed = site.propose(_repository(site, USUAL), NOTE), _contributed(site)
        await asyncio.gather(*map(site.settled, (pull, contributed)))
        ordered = _unheard(site, "alice", pull, "@tickbot build greeting")
        approved = _unheard(site, "maya", contributed, "@tickbot build greeting")
        site.alice.commit(pull.repository, pull.head_ref, MORE, "More")
        Person(site.github, "bob").commit(_source(contributed), contributed.head_ref, MORE, "More")
        await asyncio.gather(*map(site.settled, (pull, contributed)))

        # Whoever reads the first comment is told of the head that there was when it was written.
        lagging = site.github.faults.add(
            "GET /repos/{owner}/{repo}/pulls/{pull_number}",
            Stale(),
            when=lambda path, _: path == f"/repos/{pull.repository.full_name}/pulls/{pull.number}",
        )
        for comment in (ordered, approved):
            _tell(site, comment)
        overtaken, older = await _answer(site, ordered), await _answer(site, approved)
        assert lagging.hits == 1
        assert "`greeting` will not be built" in overtaken
        assert "a push came before" in overtaken
        assert "`greeting` will not be built" in older
        assert "a push came before" in older
        assert (await site.settled(contributed)).awaits_approval
        await _assert_quiet(site, (pull, contributed), answers=2)


def _repository(site: Site, files: Mapping[str, bytes]) -> Repository:
    """One whose people alice and maya are."""
    repository = site.repository(files)
    for login in ("alice", "maya"):
        site.github.collaborate(repository, login, "write")
    return repository


def _contributed(site: Site) -> PullRequest:
    """Bob's first pull request, from a fork."""
    bob, repository = Person(site.github, "bob"), _repository(site, USUAL)
    fork = bob.fork(repository, site.folders.root / "github" / "fork.git")
    bob.commit(fork, "twice", TWICE, "greeting: twice")
    return bob.open_pull_request(repository, head="twice", title="greeting: twice", source=fork)


def _source(pull: PullRequest) -> Repository:
    [fork] = pull.repository.forks
    return fork


def _unheard(site: Site, login: str, pull: PullRequest, says: str) -> Comment:
    """A comment that the bot has not been told of yet."""
    site.github.webhooks.lose("issue_comment", recorded=False)
    return Person(site.github, login).comment(pull, says)


def _tell(site: Site, comment: Comment) -> None:
    """The webhook of a comment, which comes late."""
    payload = events.issue_comment("created", comment, site.github.url)
    site.github.announce("issue_comment", comment.issue.repository, comment.author, payload)


async def _answer(site: Site, comment: Comment) -> str:
    """The one answer to a comment, at once or by the owner."""
    await site.github.until(lambda: bool(_answers(comment)), within=60)
    [answer] = _answers(comment)
    return answer


def _answers(comment: Comment) -> list[str]:
    markers = (reply_marker(comment.id), late_reply_prefix(comment.id))
    said = [each.body for each in comment.issue.comments]
    return [body for body in said if any(marker in body for marker in markers)]


async def _assert_quiet(site: Site, pulls: Sequence[PullRequest], *, answers: int) -> None:
    """Nothing more is said, nor is anything built."""
    await asyncio.gather(*map(site.settled, pulls))
    assert [run.name for pull in pulls for run in all_check_runs(pull)] == []
    ours = [each.body for pull in pulls for each in pull.comments if each.app is site.app]
    assert len([body for body in ours if SUMMARY_MARKER not in body]) == answers
