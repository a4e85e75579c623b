"""``tickborg try``: the bot's own workflows on a local repository and branch, with no GitHub ."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from rich.console import Console

from cli.embedded import EmbeddedBot, embedded_bot, policy_of_this_machine
from cli.local_repository import Change, LocalRepository, set_branch
from cli.services import Folders
from cli.state_folder import state_folder
from cli.watching import Narrator, settled
from emulator import EmulatedGitHub, Person
from emulator.state import Repository
from messaging.topology import LOGS
from messaging.transport import Transport
from tickborg.github import StatusState
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.messages import LOG_MESSAGE, BuildLogMsg, BuildLogStart
from tickborg.policy import Policy
from tickborg.texts.durations import spoken
from tickborg.texts.shortening import visible
from tickborg.texts.statuses import EVALUATION_CONTEXT
from tickborg.texts.wording import counted
from tickborg.views import BuildView, PullRequestView

HEAD_BRANCH = "tickborg-try"
MANY_BUILDS = 10_000
"""Here nobody else waits for the builders, so however many projects changed, all are built."""

_NOT_FAILED = frozenset({BuildOutcome.SUCCESS, BuildOutcome.SKIPPED})
"""A build is skipped where the change removes its project."""

_SECRET = "the trial's own"  # noqa: S105 - it guards an emulated GitHub on loopback


class ExitStatus(IntEnum):
    """How a trial ends, for scripts."""

    SUCCESS = 0
    BUILD_FAILED = 1
    NOT_EVALUATED = 2
    """A merge conflict, a bad project file, or a failure of the bot's."""
    USAGE = 3


@dataclass(frozen=True)
class Trial:
    """What a person asked for."""

    repo: Path
    base: str
    head: str
    build: bool = True
    test: bool = False
    as_json: bool = False
    state: Path | None = None


async def attempt(trial: Trial, console: Console) -> int:
    """Try a change, show it live, and return the exit status.

    Raises:
        RefusedError: the repository or one of the refs is not there.
    """
    source = LocalRepository(trial.repo)
    change = source.change(trial.base, trial.head)
    with state_folder(trial.state) as folder:
        github, repository = _stage(source, change, folder)
        app = github.create_app("tickborg", webhook_secret=_SECRET)
        github.install(app, repository)
        # The mirror borrows the objects too, so that nothing is copied however large the repository is.
        folders = Folders(folder)
        source.borrow(folders.mirrors / "local" / f"{repository.name}.git")
        async with embedded_bot(github, app, folders, _policy(trial), quick=True, ui=False) as bot:
            show = Display(console, silent=trial.as_json)
            view = await _watched(trial, change, bot, repository, show)
    return _report(trial, view, console)


def _stage(source: LocalRepository, change: Change, folder: Path) -> tuple[EmulatedGitHub, Repository]:
    bare = folder / "github" / f"{source.name}.git"
    source.borrow(bare)
    set_branch(bare, change.base_branch, change.base_sha)
    github = EmulatedGitHub()
    repository = github.create_repository(f"local/{source.name}", bare, default_branch=change.base_branch)
    return github, repository


def _policy(trial: Trial) -> Policy:
    policy = Policy(max_auto_builds=MANY_BUILDS, automatic_tests=trial.test)
    return policy_of_this_machine(policy)


async def _watched(
    trial: Trial, change: Change, bot: EmbeddedBot, repository: Repository, show: "Display"
) -> PullRequestView:
    """Open the pull request, and show what happens until all is said."""
    github = bot.github
    show.heading(trial, change)
    sight = show.sight if trial.build else show.sight_without_builds
    async with _beside(Narrator(github, sight).run()), _beside(show.follow(bot.transport)):
        person = Person(github, "you")
        person.push(repository, HEAD_BRANCH, change.head_sha)
        pull = person.open_pull_request(
            repository, head=HEAD_BRANCH, title=change.title, draft=not trial.build
        )
        return await settled(github, bot.client, pull, within=float("inf"))


class Display:
    """A trial on a terminal: what the bot says, and what builds print."""

    def __init__(self, console: Console, *, silent: bool) -> None:
        self._console = console
        self._silent = silent
        self._builds: dict[UUID, str] = {}

    def heading(self, trial: Trial, change: Change) -> None:
        """What is tried."""
        self._line(f"trying {trial.head} ({change.head_sha[:7]}: {visible(change.title)})")
        self._line(f"    on {trial.base} ({change.base_sha[:7]}) of {trial.repo}")

    def sight(self, _subject: str, name: str, text: str) -> None:
        """Something new that the bot says; the summary comment is shown at the end."""
        if not name.startswith("comment"):
            self._line(f"  {name:<32}  {text}")

    def sight_without_builds(self, subject: str, name: str, text: str) -> None:
        """The same without what the bot says of a draft, which it was shown so that it builds nothing."""
        if not (name == f"status {EVALUATION_CONTEXT}" and text.startswith(StatusState.SUCCESS)):
            self.sight(subject, name, text)

    async def follow(self, transport: Transport) -> None:
        """Show what all builds print, until cancelled."""
        async with transport.follow(LOGS, "logs.*") as subscription:
            while True:
                for delivery in await subscription.batch():
                    self._log(delivery.body)

    def _log(self, body: bytes) -> None:
        try:
            message = LOG_MESSAGE.validate_json(body)
        except ValidationError:
            return
        if isinstance(message, BuildLogStart):
            self._builds[message.attempt_id] = message.project
        elif isinstance(message, BuildLogMsg):
            project = self._builds.get(message.attempt_id, "")
            for line in message.output.split("\n"):
                self._line(f"  {project} │ {line}")

    def _line(self, text: str) -> None:
        if not self._silent:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def exit_status(view: PullRequestView) -> ExitStatus:
    """How a trial that came to ``view`` ends."""
    if view.evaluation is not EvaluationOutcome.EVALUATED:
        return ExitStatus.NOT_EVALUATED
    if all(build.outcome in _NOT_FAILED for build in view.builds):
        return ExitStatus.SUCCESS
    return ExitStatus.BUILD_FAILED


def _report(trial: Trial, view: PullRequestView, console: Console) -> ExitStatus:
    status = exit_status(view)
    if trial.as_json:
        report = view.model_dump(mode="json") | {"exit_status": int(status)}
        console.print(json.dumps(report, indent=2), markup=False, highlight=False, soft_wrap=True)
        return status
    for line in _conclusion(view) if trial.build else _conclusion_without_builds(view):
        console.print(visible(line), markup=False, highlight=False, soft_wrap=True)
    return status


def _conclusion(view: PullRequestView) -> Iterator[str]:
    yield ""
    yield from view.evaluation_reason.split("\n")
    for path in view.conflicts:
        yield f"  conflict  {path}"
    if view.conflict_count > len(view.conflicts):
        yield f"  and {view.conflict_count - len(view.conflicts):,} more"
    for build in view.builds:
        yield f"  {_result(build)}"
    for skipped in view.skipped:
        where = f" on {skipped.system}" if skipped.system else ""
        yield f"  not built: {skipped.project}{where}: {skipped.reason}"


def _conclusion_without_builds(view: PullRequestView) -> Iterator[str]:
    """What builds were not asked for; that the bot was shown a draft is nobody's concern."""
    if view.evaluation is not EvaluationOutcome.EVALUATED or not view.changed_projects:
        yield from _conclusion(view)
        return
    yield ""
    yield f"{counted(len(view.changed_projects), 'project')} changed; none is built, as --no-build asks"
    for project in view.changed_projects:
        yield f"  changed  {project}"


def _result(build: BuildView) -> str:
    took = f" after {spoken(build.duration)}" if build.duration else ""
    reason = f": {build.reason}" if build.reason else ""
    return f"{build.outcome or build.stage}  {build.project} on {build.system}{took}{reason}"


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something for as long as a block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
