"""What people do in the demo: pull requests, a comment, a button, a push, and what becomes of each."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from emulator import EmulatedGitHub, Person
from emulator.rendering import check_runs_of, head_check_runs
from emulator.state import CheckRun, PullRequest, Repository
from tickborg.github import CheckStatus, reply_marker


@dataclass(frozen=True)
class Scene:
    """One thing that people do in the demo."""

    title: str
    play: Callable[["Stage"], Awaitable[PullRequest | None]]
    """Does it; the pull request to wait for, or None: it has waited itself."""


class Stage:
    """Where the scenes are played: the emulated GitHub, its sample monorepo and two people."""

    def __init__(self, github: EmulatedGitHub, repository: Repository, contents: Mapping[str, bytes]) -> None:
        self.github = github
        self.repository = repository
        self._contents = contents
        self.alice = Person(github, "alice")
        self.maya = Person(github, "maya")

    def edited(self, path: str, old: str, new: str) -> dict[str, bytes]:
        """A file of the sample with one place changed.

        Raises:
            ValueError: the sample monorepo has no such place any more.
        """
        text = self._contents[path].decode()
        if old not in text:
            raise ValueError(f"the sample monorepo's {path} does not contain {old!r}")
        return {path: text.replace(old, new).encode()}


async def good(stage: Stage) -> PullRequest:
    """Two projects of different build systems change; a third needs one of them and is rebuilt."""
    changes = {
        **stage.edited("palette/palette.c", "(one + other) / 2", "(one + other + 1) / 2"),
        **stage.edited("palette/check.c", "grey.red == 127", "grey.red == 128"),
        **stage.edited("notes/chapters/1-bees.txt", "no minister", "no minister at all"),
    }
    stage.alice.commit(stage.repository, "round-up", changes, "palette: round up when mixing\n")
    return stage.alice.open_pull_request(
        stage.repository, head="round-up", title="palette: round up when mixing colours"
    )


async def failing(stage: Stage) -> PullRequest:
    """The compiler finds the mistake."""
    changes = stage.edited("palette/palette.c", "return mixed;", "return mixd;")
    stage.alice.commit(stage.repository, "tidy-up", changes, "palette: tidy up\n")
    return stage.alice.open_pull_request(stage.repository, head="tidy-up", title="palette: tidy up")


async def conflicting(stage: Stage) -> PullRequest:
    """Somebody else changed the same line on the target branch."""
    mine = stage.edited("README.md", "tells the time of a sundial", "tells the time of two sundials")
    theirs = stage.edited("README.md", "tells the time of a sundial", "tells the time by the sun")
    stage.alice.commit(stage.repository, "two-sundials", mine, "Describe the second sundial\n")
    stage.maya.commit(stage.repository, stage.repository.default_branch, theirs, "Say what a sundial does\n")
    return stage.alice.open_pull_request(
        stage.repository, head="two-sundials", title="Describe the second sundial"
    )


async def superseded(stage: Stage) -> PullRequest:
    """A push comes while the first head is still being built."""
    slow = stage.edited(
        "notes/render.sh", "set -eu\n", "set -eu\necho 'waiting for the ink to dry'\nsleep 600\n"
    )
    stage.alice.commit(stage.repository, "dry-ink", slow, "notes: let the ink dry\n")
    pull = stage.alice.open_pull_request(stage.repository, head="dry-ink", title="notes: let the ink dry")
    await stage.github.until(lambda: _is_building(pull), within=60)
    old_head = pull.head_sha
    quick = stage.edited("notes/render.sh", "set -eu\n", "set -eu\necho 'the ink is dry'\n")
    stage.alice.commit(stage.repository, "dry-ink", quick, "notes: buy better ink\n")
    await stage.github.until(lambda: _has_ended(stage.repository, old_head), within=60)
    return pull


async def documentation(stage: Stage) -> PullRequest:
    """No project is changed, and nobody is bothered with a comment about it."""
    changes = {"docs/style.md": b"# Style\n\nWrite so that a stranger reads it with pleasure.\n"}
    stage.alice.commit(stage.repository, "style", changes, "docs: begin a style guide\n")
    return stage.alice.open_pull_request(stage.repository, head="style", title="docs: begin a style guide")


async def asking(stage: Stage) -> PullRequest:
    """A maintainer asks for two things in one comment, one of which nobody has heard of."""
    pull = stage.repository.pulls[0]
    asked = stage.maya.comment(pull, "Do its tests agree?\n\n@tickbot test palette\n@tickbot build ntoes\n")
    marker = reply_marker(asked.id)
    await stage.github.until(lambda: any(marker in comment.body for comment in pull.comments), within=60)
    await stage.github.until(lambda: _has_tested(pull, "palette"), within=60)
    return pull


async def running_again(stage: Stage) -> PullRequest:
    """The author presses *Re-run* on the check that failed; it fails again, for nothing has changed."""
    pull = stage.repository.pulls[1]
    [failed] = [run for run in head_check_runs(pull) if run.name.startswith("palette on")]
    stage.alice.rerun(failed)
    await stage.github.until(lambda: _newest(pull, failed.name).id != failed.id, within=60)
    await stage.github.until(lambda: _newest(pull, failed.name).status == CheckStatus.COMPLETED, within=60)
    return pull


async def pushing(stage: Stage) -> None:
    """What is pushed to the default branch is built there, too."""
    changes = stage.edited("notes/chapters/1-bees.txt", "no minister", "no minister whatever")
    main = stage.repository.default_branch
    stage.maya.commit(stage.repository, main, changes, "notes: choose a better word\n")
    await stage.github.until(lambda: _pushes_built(stage.repository, main), within=60)


def _pushes_built(repository: Repository, branch: str) -> bool:
    runs = check_runs_of(repository, repository.branches[branch])
    return bool(runs) and all(run.status == CheckStatus.COMPLETED for run in runs)


def _newest(pull: PullRequest, name: str) -> CheckRun:
    return next(run for run in head_check_runs(pull) if run.name == name)


def _has_tested(pull: PullRequest, project: str) -> bool:
    """Whether the build that was asked for has taken the place of the automatic one, and has ended."""
    return any(
        run.name.startswith(f"{project} on")
        and run.output.title
        and run.output.title.startswith("built and tested")
        for run in head_check_runs(pull)
    )


def _has_ended(repository: Repository, head: str) -> bool:
    return all(run.status == CheckStatus.COMPLETED for run in check_runs_of(repository, head))


def _is_building(pull: PullRequest) -> bool:
    return any(run.status == CheckStatus.IN_PROGRESS for run in head_check_runs(pull))


SCENES = (
    Scene("a good pull request: two projects changed, one more rebuilt because it needs one of them", good),
    Scene("a pull request whose build fails", failing),
    Scene("a pull request that conflicts with its target branch", conflicting),
    Scene("a pull request superseded by a push while it is building", superseded),
    Scene("a pull request that changes no project", documentation),
    Scene("a comment: `@tickbot test palette` and, with a typo, `@tickbot build ntoes`", asking),
    Scene("the button that runs a failed check again", running_again),
    Scene("a push to the default branch", pushing),
)
