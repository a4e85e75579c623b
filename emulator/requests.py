"""A REST call as a route's handler sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from emulator.access import Needs
from emulator.answers import Answer, links, page
from emulator.authentication import Caller
from emulator.errors import NotFound, Unauthorized, Unprocessable
from emulator.github import EmulatedGitHub
from emulator.state import App, CheckRun, Comment, Issue, PullRequest, Repository, User

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A call: `path` holds the route's parameters, `query` and `body` what came with it, `url` its address.

    `stale` asks for the answer of a lagging replica. The properties look up what the path names and raise
    NotFound where it is not.
    """

    github: EmulatedGitHub
    caller: Caller
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    url: str
    stale: bool = False

    @property
    def root(self) -> str:
        """What links start with."""
        return self.github.url

    @property
    def app(self) -> App:
        """The App that calls, by JWT or through an installation."""
        if self.caller.app is not None:
            return self.caller.app
        if self.caller.token is None or self.caller.token.installation is None:
            raise Unauthorized("Requires authentication")
        return self.caller.token.installation.app

    @property
    def user(self) -> User:
        """The account that calls: an App's bot, or a person."""
        if self.caller.token is None:
            raise Unauthorized("Requires authentication")
        return self.caller.token.user

    @cached_property
    def repository(self) -> Repository:
        """The repository of the path."""
        return _found(lambda: self.github.repository(f"{self.path['owner']}/{self.path['repo']}"))

    @property
    def issue(self) -> Issue:
        """The issue or pull request of the path."""
        return _found(lambda: self.repository.issues[self.number("issue_number")])

    @property
    def pull(self) -> PullRequest:
        """The pull request of the path, as it was before its last change if the answer shall be stale."""
        pull = _found(lambda: self.repository.pull(self.number("pull_number")))
        return pull.previous or pull if self.stale else pull

    @property
    def comment(self) -> Comment:
        """The comment of the path."""
        return _found(lambda: self.repository.comments[self.number("comment_id")])

    @property
    def check_run(self) -> CheckRun:
        """The check run of the path."""
        return _found(lambda: self.repository.check_runs[self.number("check_run_id")])

    def sha(self, name: str) -> str:
        """The commit a branch, tag or sha of the path means."""
        sha = self.repository.git.resolve(self.path[name])
        if sha is None:
            raise Unprocessable(f"No commit found for SHA: {self.path[name]}")
        return sha

    def number(self, name: str) -> int:
        """A number of the path."""
        text = self.path[name]
        if not text.isdecimal():
            raise NotFound
        return int(text)

    def fields(self) -> dict[str, Any]:
        """The body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise Unprocessable("Invalid request.\n\nThe body is not a JSON object.")
        return self.body

    def text(self, name: str) -> str:
        """A field of the body that must be there and be a string."""
        value = self.fields().get(name)
        if not isinstance(value, str):
            raise Unprocessable(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return value

    def listed(self, items: Sequence[T], shown: Callable[[T], Any]) -> Answer:
        """One page of `items`, each as `shown`, with links to the other pages."""
        at = page(self.query)
        body = [shown(item) for item in at.cut(items)]
        return Answer(200, body, links(self.url, self.query, at, len(items)))

    def counted(self, name: str, items: Sequence[T], shown: Callable[[T], Any]) -> Answer:
        """One page of `items` under `name`, beside their total count."""
        answer = self.listed(items, shown)
        return Answer(200, {"total_count": len(items), name: answer.body}, answer.headers)


@dataclass(frozen=True)
class Endpoint:
    """A route by GitHub's name for it, what it needs, and what it does."""

    route: str
    needs: Needs
    handler: Callable[[Request], Answer]

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.route.partition(" ")[0]

    @property
    def pattern(self) -> str:
        """The path, with its parameters in braces."""
        return self.route.partition(" ")[2]


def _found(look_up: Callable[[], T]) -> T:
    try:
        return look_up()
    except KeyError:
        raise NotFound from None
