"""``tickborg try``: the bot's own workflows on a local repository and branch, with no GitHub."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.embedded import EmbeddedBot, embedded_bot, policy_of_this_machine
from cli.folders import Folders
from cli.local_repository import Change, LocalRepository, set_branch
from cli.state_folder import state_folder
from cli.trial_display import Checked, TrialDisplay, Tried
from cli.watching import Narrator, settled
from emulator import EmulatedGitHub, Person
from emulator.rendering import head_statuses
from emulator.state import PullRequest, Repository
from messaging.live import LiveLogs
from tickborg.github import StatusState
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.policy import Policy
from tickborg.texts.shortening import visible
from tickborg.texts.statuses import EVALUATION_CONTEXT, check_context
from tickborg.texts.wording import short_sha

HEAD_BRANCH = "tickborg-try"
MANY_BUILDS = 10_000
"""Here nobody else waits for the builders, so however many projects changed, all are built."""
_SECRET = "the trial's own"  # noqa: S105 - it guards an emulated GitHub on loopback


class ExitStatus(IntEnum):
    """How a trial ends, for scripts."""

    SUCCESS = 0
    BUILD_FAILED = 1
    """A build or a check."""
    NOT_EVALUATED = 2
    """A merge conflict, a bad project file, or a failure of the bot's, as where a build tool is missing."""
    USAGE = 3


_FAILED = frozenset({BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT})
_GOOD = frozenset({BuildOutcome.SUCCESS, BuildOutcome.SKIPPED})
"""A project that the change removes is skipped."""


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


async def attempt(trial: Trial, source: LocalRepository, change: Change, console: Console) -> int:
    """Try ``change``, which ``trial`` is of, show it live, and return the exit status."""
    with state_folder(trial.state) as folder:
        github, repository = _stage(source, change, folder)
        app = github.create_app("tickborg", webhook_secret=_SECRET)
        github.install(app, repository)
        # The mirror borrows the objects too, so that nothing is copied however large the repository is.
        folders = Folders(folder)
        source.borrow(folders.mirrors / "local" / f"{repository.name}.git")
        async with embedded_bot(github, app, folders, _policy(trial), quick=True, ui=False) as bot:
            display = TrialDisplay(console, silent=trial.as_json, building=trial.build)
            tried = await _watched(trial, change, bot, repository, display)
    return _report(trial, tried, display, console)


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
) -> Tried:
    """Open the pull request, and show what happens until all is said."""
    github = bot.github
    display.say(
        f"trying {trial.head} ({short_sha(change.head_sha)}: {visible(change.title)})",
        f"    on {trial.base} ({short_sha(change.base_sha)}) of {trial.repo}",
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
        return Tried(view, tuple(_checks(pull)))


def _checks(pull: PullRequest) -> Iterator[Checked]:
    for status in head_statuses(pull):
        if status.context != EVALUATION_CONTEXT:
            name = status.context.removeprefix(check_context(""))
            yield Checked(name, status.state, status.description or "")


def exit_status(tried: Tried) -> ExitStatus:
    """How a trial ends that came to ``tried``."""
    if tried.view.evaluation is not EvaluationOutcome.EVALUATED:
        return ExitStatus.NOT_EVALUATED
    outcomes = {build.outcome for build in tried.view.builds}
    states = {check.state for check in tried.checks}
    if outcomes & _FAILED or StatusState.FAILURE in states:
        return ExitStatus.BUILD_FAILED
    good = outcomes <= _GOOD and states <= {StatusState.SUCCESS}
    return ExitStatus.SUCCESS if good else ExitStatus.NOT_EVALUATED


def _report(trial: Trial, tried: Tried, display: TrialDisplay, console: Console) -> ExitStatus:
    status = exit_status(tried)
    if trial.as_json:
        document = json.dumps(_document(tried, display, status), indent=2)
        console.print(document, markup=False, highlight=False, soft_wrap=True)
    elif trial.build:
        display.conclude(tried)
    else:
        display.conclude_without_builds(tried)
    return status


def _document(tried: Tried, display: TrialDisplay, status: ExitStatus) -> dict[str, Any]:
    """All that a script may want to know, the last lines that each build printed included."""
    document = tried.view.model_dump(mode="json")
    for build, known in zip(document["builds"], tried.view.builds, strict=True):
        build["log_tail"] = list(display.tail(known))
    return document | {"checks": [asdict(check) for check in tried.checks], "exit_status": int(status)}


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
