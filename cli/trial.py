"""``tickborg try``: the bot's own workflows on a local repository and branch, with no GitHub."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.embedded import EmbeddedBot, embedded_bot, policy_of_this_machine
from cli.local_repository import Change, LocalRepository, set_branch
from cli.services import Folders
from cli.state_folder import state_folder
from cli.trial_display import TrialDisplay
from cli.watching import Narrator, settled
from emulator import EmulatedGitHub, Person
from emulator.state import Repository
from messaging.live import LiveLogs
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.policy import Policy
from tickborg.texts.shortening import visible
from tickborg.views import PullRequestView

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
            display = TrialDisplay(console, silent=trial.as_json, building=trial.build)
            view = await _watched(trial, change, bot, repository, display)
    return _report(trial, view, display, console)


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
    trial: Trial, change: Change, bot: EmbeddedBot, repository: Repository, display: TrialDisplay
) -> PullRequestView:
    """Open the pull request, and show what happens until all is said."""
    github = bot.github
    display.say(
        f"trying {trial.head} ({change.head_sha[:7]}: {visible(change.title)})",
        f"    on {trial.base} ({change.base_sha[:7]}) of {trial.repo}",
        indent=" " * 7,
    )
    narrator = Narrator(github, lambda _, name, text: display.sight(name, text))
    async with _beside(narrator.run(), display.follow(LiveLogs(bot.transport))):
        person = Person(github, "you")
        person.push(repository, HEAD_BRANCH, change.head_sha)
        pull = person.open_pull_request(
            repository, head=HEAD_BRANCH, title=change.title, draft=not trial.build
        )
        view = await settled(github, bot.client, pull, within=float("inf"))
        await display.until_heard(view)
        return view


def exit_status(view: PullRequestView) -> ExitStatus:
    """How a trial that came to ``view`` ends."""
    if view.evaluation is not EvaluationOutcome.EVALUATED:
        return ExitStatus.NOT_EVALUATED
    if all(build.outcome in _NOT_FAILED for build in view.builds):
        return ExitStatus.SUCCESS
    return ExitStatus.BUILD_FAILED


def _report(trial: Trial, view: PullRequestView, display: TrialDisplay, console: Console) -> ExitStatus:
    status = exit_status(view)
    if trial.as_json:
        document = json.dumps(_document(view, display, status), indent=2)
        console.print(document, markup=False, highlight=False, soft_wrap=True)
    elif trial.build:
        display.conclude(view)
    else:
        display.conclude_without_builds(view)
    return status


def _document(view: PullRequestView, display: TrialDisplay, status: ExitStatus) -> dict[str, Any]:
    """All that a script may want to know, the last lines that each build printed included."""
    document = view.model_dump(mode="json") | {"exit_status": int(status)}
    for build, known in zip(document["builds"], view.builds, strict=True):
        build["log_tail"] = list(display.tail(known))
    return document


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do something for as long as a block runs; when it fails, as when nobody reads on, so does the block."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
