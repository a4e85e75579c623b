"""What GitHub sends of a busy repository, some of it twice, and among it what nobody can use."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from random import Random
from uuid import uuid4

from emulator import EmulatedGitHub, Person, checks
from emulator.state import App, CheckRun, Comment, Delivery, PullRequest, Repository
from emulator.webhooks import signatures
from tickborg.external_ids import BuildReference, external_id
from tickborg.github import RepositoryName
from tickborg.jobs import BuildMode, Origin
from tickborg.systems import System

REPEATED, MALFORMED = 0.20, 0.05
"""Shares of all webhooks."""

OPENED, PUSHED, PRESSED = 0.08, 0.02, 0.17
"""Shares of the webhooks that say something new; the rest are comments. All pushes are to one branch."""

_LATEST_REPEAT = 100
"""How many other webhooks may come before one is sent again."""

_SEED = 2_000
_COMMENTS = ("@tickbot help", "@tickbot status", "Thank you!\n\n@tickbot build nothing-of-the-kind")


class Kind(StrEnum):
    """What a webhook is to the service."""

    NEW = "new"
    REPEATED = "repeated"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Webhook:
    """A request, and what has to be answered."""

    kind: Kind
    delivery: str
    headers: dict[str, str]
    body: bytes
    expected: HTTPStatus = HTTPStatus.ACCEPTED

    @property
    def good(self) -> bool:
        """Whether it has to be accepted."""
        return self.kind is not Kind.MALFORMED


@dataclass(frozen=True)
class Acts:
    """What people did on GitHub, and the webhooks of it, oldest first."""

    pulls: Sequence[PullRequest]
    comments: Sequence[tuple[PullRequest, Comment]]
    presses: Sequence[Delivery]
    deliveries: Sequence[Delivery]


def act(github: EmulatedGitHub, app: App, repository: Repository, count: int) -> Acts:
    """Have people do so much that ``count`` webhooks start something; all of them are lost on the way."""
    github.webhooks.lose(times=1_000_000)
    pulls, pushes, presses = (max(1, round(count * share)) for share in (OPENED, PUSHED, PRESSED))
    crowd = _Crowd(github, app, repository)
    kinds = ["press"] * presses + ["push"] * pushes + ["comment"] * (count - pulls - pushes - presses)
    Random(_SEED).shuffle(kinds)
    each = len(kinds) / pulls
    for number in range(pulls):
        crowd.open(number)
        for kind in kinds[round(number * each) : round((number + 1) * each)]:
            crowd.do(kind)
    github.webhooks.lose(times=1_000_000, recorded=False)
    app.deliveries.clear()
    return crowd.acts()


class _Crowd:
    """People who open pull requests, and do things about those that are open."""

    def __init__(self, github: EmulatedGitHub, app: App, repository: Repository) -> None:
        self._github = github
        self._app = app
        self._repository = repository
        self._alice = Person(github, "alice")
        self._random = Random(_SEED)
        self._pulls: list[PullRequest] = []
        self._comments: list[tuple[PullRequest, Comment]] = []
        self._presses: list[Delivery] = []
        self._deliveries: list[Delivery] = []

    def acts(self) -> Acts:
        """All that was done."""
        return Acts(self._pulls, self._comments, self._presses, self._deliveries)

    def open(self, number: int) -> None:
        """Open a pull request."""
        branch, change = f"topic-{number}", {f"docs/topic-{number}.md": b"New.\n"}
        self._alice.commit(self._repository, branch, change, "docs: new")
        pull = self._alice.open_pull_request(self._repository, head=branch, title=f"docs: topic {number}")
        self._pulls.append(pull)
        self._took_place("pull_request")

    def do(self, kind: str) -> None:
        """Comment on one of the pull requests, press a button of it, or push to the default branch."""
        pull = self._random.choice(self._pulls)
        if kind == "comment":
            text = _COMMENTS[len(self._comments) % len(_COMMENTS)]
            self._comments.append((pull, self._alice.comment(pull, text)))
            self._took_place("issue_comment")
        elif kind == "press":
            self._alice.rerun(self._check_run(pull))
            self._presses.append(self._took_place("check_run"))
        else:
            change = {"docs/news.md": f"News {len(self._deliveries)}.\n".encode()}
            self._alice.commit(self._repository, self._repository.default_branch, change, "docs: news")
            self._took_place("push")

    def _took_place(self, event: str) -> Delivery:
        delivery = next(each for each in reversed(self._app.deliveries) if each.event == event)
        self._deliveries.append(delivery)
        return delivery

    def _check_run(self, pull: PullRequest) -> CheckRun:
        """A check run as the bot makes them, of a project that the repository has no more."""
        build = BuildReference(
            origin=Origin(pull=pull.number),
            project="gone",
            system=System.X86_64_LINUX,
            mode=BuildMode.BUILD,
            n="0000-1",
            run_id=str(uuid4()),
        )
        reference = external_id(RepositoryName.parse(self._repository.full_name), build)
        fields = {
            "name": "gone",
            "head_sha": pull.head_sha,
            "external_id": reference,
            "conclusion": "failure",
        }
        return checks.create(self._github, self._repository, self._app, fields)


def traffic(deliveries: Sequence[Delivery], total: int, secret: str) -> list[Webhook]:
    """The webhooks of ``deliveries``, among them repeats and malformed ones, so that it is ``total``."""
    random = Random(_SEED)
    news = [Webhook(Kind.NEW, each.guid, each.request_headers, each.body) for each in deliveries]
    timed = [(float(place), webhook) for place, webhook in enumerate(news)]
    for place in random.sample(range(len(news)), round(total * REPEATED)):
        again = replace(news[place], kind=Kind.REPEATED)
        timed.append((place + random.uniform(0, _LATEST_REPEAT), again))
    malformed = _malformed(news, secret)
    while len(timed) < total:
        timed.append((random.uniform(0, len(news)), next(malformed)))
    return [webhook for _, webhook in sorted(timed, key=lambda each: each[0])]


def _malformed(news: Sequence[Webhook], secret: str) -> Iterator[Webhook]:
    """One after the other of each kind, without end."""
    while True:
        for webhook in news:
            body, half = webhook.body, webhook.body[: len(webhook.body) // 2]
            nothing = json.dumps({"action": "opened", "repository": {"full_name": 1}}).encode()
            unsigned = {name: value for name, value in webhook.headers.items() if "Signature" not in name}
            nameless = {name: value for name, value in webhook.headers.items() if name != "X-GitHub-Event"}
            plain = webhook.headers | {"Content-Type": "text/plain"}
            yield _bad(webhook, HTTPStatus.BAD_REQUEST, half, webhook.headers | signatures(half, secret))
            yield _bad(
                webhook, HTTPStatus.BAD_REQUEST, nothing, webhook.headers | signatures(nothing, secret)
            )
            yield _bad(webhook, HTTPStatus.BAD_REQUEST, body, nameless)
            yield _bad(webhook, HTTPStatus.UNAUTHORIZED, body, unsigned)
            yield _bad(webhook, HTTPStatus.FORBIDDEN, half, webhook.headers)
            yield _bad(webhook, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, body, plain)


def _bad(webhook: Webhook, expected: HTTPStatus, body: bytes, headers: dict[str, str]) -> Webhook:
    delivery = str(uuid4())
    if "X-GitHub-Delivery" in headers:
        headers = headers | {"X-GitHub-Delivery": delivery}
    return replace(
        webhook, kind=Kind.MALFORMED, delivery=delivery, headers=headers, body=body, expected=expected
    )
