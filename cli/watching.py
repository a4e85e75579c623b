"""Watching what the emulated GitHub shows: each change as it comes, and when the bot has said all."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from temporalio.client import Client
from temporalio.service import RPCError

from emulator import EmulatedGitHub
from emulator.rendering import check_runs_of, head_check_runs, head_statuses, statuses_of
from emulator.state import PullRequest, Repository
from tickborg.github import SUMMARY_MARKER, RepositoryName
from tickborg.jobs import BuildStage
from tickborg.names import STATE_QUERY, pull_request_id
from tickborg.texts import comments
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.texts.wording import short_sha
from tickborg.views import PullRequestView

_ASK_AGAIN_SECONDS = 0.25
_LINK = re.compile(r"(?<=\])\([^)\s]*\)")
"""Where a Markdown link leads."""
_OF_HEAD = ("status ", "check ")
_OF = " of "


def sight(pull: PullRequest, heads: Iterable[str] = ()) -> dict[str, str]:
    """What a person sees of a pull request, each thing under a name of its own.

    ``heads`` are earlier heads, whose checks are still there although the page shows the newest's.
    """
    seen: dict[str, str] = {}
    for head in heads:
        if head != pull.head_sha:
            seen |= {
                f"{name}{_OF}{short_sha(head)}": text
                for name, text in _of_head(pull.repository, head).items()
            }
    seen |= _of_head(pull.repository, pull.head_sha)
    if pull.labels:
        seen["labels"] = ", ".join(sorted(label.name for label in pull.labels))
    return seen | _conversation(pull)


def _conversation(pull: PullRequest) -> dict[str, str]:
    """Who said what, each comment under a name of its own, with the reactions to it."""
    said: dict[str, str] = {}
    for comment in pull.comments:
        name = f"comment by {comment.author.login}"
        number = sum(known.startswith(name) for known in said) + 1
        reactions = "".join(f" :{reaction.content}:" for reaction in comment.reactions)
        said[f"{name} ({number})" if number > 1 else name] = first_line(comment.body) + reactions
    return said


def sight_of_branch(repository: Repository, branch: str) -> dict[str, str]:
    """What a person sees of the newest commit of a branch, as far as pushes to it are about it."""
    sha = repository.branches.get(branch)
    if sha is None:
        return {}
    seen = _of_head(repository, sha)
    return {
        f"{name}{_OF}{short_sha(sha)}": text
        for name, text in seen.items()
        if name.endswith(f"(push to {branch})") or name == f"status {PUSH_CONTEXT}"
    }


def _of_head(repository: Repository, head: str) -> dict[str, str]:
    statuses = {
        f"status {each.context}": f"{each.state}: {each.description}"
        for each in statuses_of(repository, head)
    }
    checks = {
        f"check {run.name}": f"{run.conclusion or run.status}: {run.output.title}"
        for run in check_runs_of(repository, head)
    }
    return statuses | checks


def first_line(body: str) -> str:
    """The first line of a comment that a person sees."""
    return next((line for line in body.splitlines() if line.strip() and not line.startswith("<!--")), "")


class Narrator:
    """Tells each change of any pull request, and of the default branch, as it comes.

    Args:
        github: what is watched.
        tell: is told of what (``#7``, or a branch), what of it changed, and how that is now.
    """

    def __init__(self, github: EmulatedGitHub, tell: Callable[[str, str, str], None]) -> None:
        self._github = github
        self._tell = tell
        self._told: dict[tuple[str, str], str] = {}
        self._heads: dict[int, list[str]] = {}

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._github.until(self.tell_news, within=float("inf"))

    def tell_news(self) -> None:
        """Tell what has changed since this was told last."""
        for pull in self._pulls():
            heads = self._heads.setdefault(pull.number, [])
            if pull.head_sha not in heads:
                self._rename(pull, heads[-1] if heads else "")
                heads.append(pull.head_sha)
            self._tell_news(f"#{pull.number}", sight(pull, heads))
        for repository in self._github.repositories.values():
            branch = repository.default_branch
            self._tell_news(branch, sight_of_branch(repository, branch))

    def _tell_news(self, subject: str, seen: Mapping[str, str]) -> None:
        for name, text in seen.items():
            if self._told.get((subject, name)) != text:
                self._told[subject, name] = text
                self._tell(subject, name, text)

    def _rename(self, pull: PullRequest, old_head: str) -> None:
        """What was told of the head till now is known by another name from now on."""
        for subject, name in list(self._told):
            if subject == f"#{pull.number}" and name.startswith(_OF_HEAD) and _OF not in name:
                self._told[subject, f"{name}{_OF}{short_sha(old_head)}"] = self._told.pop((subject, name))

    def _pulls(self) -> Iterator[PullRequest]:
        for repository in self._github.repositories.values():
            yield from repository.pulls


async def settled(
    github: EmulatedGitHub, client: Client, pull: PullRequest, *, within: float
) -> PullRequestView:
    """Wait until the bot has said all it has to say about the pull request's head.

    Raises:
        TimeoutError: it had not after ``within`` seconds.
    """
    number, repo = pull.number, RepositoryName.parse(pull.repository.full_name)
    handle = client.get_workflow_handle(pull_request_id(repo, number))
    async with asyncio.timeout(within):
        while True:
            changed = asyncio.create_task(_next_change(github))
            try:
                # While there is something to wait for, the owner is not kept busy with questions.
                if not _awaited(pull):
                    view: PullRequestView | None = await handle.query(
                        STATE_QUERY, result_type=PullRequestView
                    )
                    if view is not None and _all_said(pull, view):
                        return view
            except RPCError:
                pass  # the webhook is still on its way
            finally:
                # The owner's last step is not seen on GitHub, so it is asked again in any case.
                await asyncio.wait([changed], timeout=_ASK_AGAIN_SECONDS)
                changed.cancel()


async def _next_change(github: EmulatedGitHub) -> None:
    looks = 0

    def second_look() -> bool:
        nonlocal looks
        looks += 1
        return looks > 1

    await github.until(second_look, within=float("inf"))


def _awaited(pull: PullRequest) -> bool:
    """Whether GitHub shows something that is still to end."""
    pending = any(status.state == "pending" for status in head_statuses(pull))
    return pending or any(run.status != "completed" for run in head_check_runs(pull))


def _all_said(pull: PullRequest, view: PullRequestView) -> bool:
    """Whether GitHub shows what the owner knows, and the owner knows how everything ended."""
    if view.pull.head_sha != pull.head_sha or view.evaluation is None:
        return False
    if any(build.stage is not BuildStage.DONE for build in view.builds):
        return False
    return not _awaited(pull) and _commented(pull, view)


def _commented(pull: PullRequest, view: PullRequestView) -> bool:
    """Whether the summary comment says what the owner knows, wherever the dashboard is that it links to."""
    ours = [_LINK.sub("", comment.body) for comment in pull.comments if SUMMARY_MARKER in comment.body]
    if not comments.is_due(view, commented=bool(ours)):
        return True
    return ours == [_LINK.sub("", comments.summary(view, ""))]


def clock(moment: datetime) -> str:
    """A time of day, to the second."""
    return f"{moment.astimezone():%H:%M:%S}"
