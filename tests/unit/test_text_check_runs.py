"""What check runs say, at each stage of a build (design, section 8)."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.github_markdown import Page
from tests.support.samples import ATTEMPT, DASHBOARD, HEAD, NOON, build_job, build_result, project
from tickborg.github import CHECK_OUTPUT_LIMIT, CheckAction, CheckConclusion, CheckRun, CheckStatus
from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildResult, BuildStarted, Merge, Origin
from tickborg.setbacks import Setback
from tickborg.systems import System
from tickborg.texts import attempts, check_runs, reproduction

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

LOG = f"{DASHBOARD}/logs/{ATTEMPT}"
LINUX, HOUR = System.X86_64_LINUX, timedelta(hours=1)
PUSHED = build_job(origin=Origin(branch="release/1.0"), head_ref="refs/heads/release/1.0")


def started(attempt: int = 1) -> BuildStarted:
    """A builder's word that it has begun."""
    return BuildStarted(attempt_id=ATTEMPT, attempt=attempt, builder="builder-1", started_at=NOON)


def ended(outcome: BuildOutcome, job: BuildJob | None = None, **fields: object) -> CheckRun:
    """The check run of a build that has ended."""
    result = build_result(outcome, **fields)
    return check_runs.completed(job or build_job(), "id", LOG, result, NOON + timedelta(minutes=3))


def never_begun(reason: str) -> CheckRun:
    """The check run of a build that no builder has taken."""
    result = BuildResult(outcome=BuildOutcome.CANCELLED, reason=reason)
    return check_runs.completed(build_job(), "id", DASHBOARD, result, NOON)


def waiting_again(words: str, reason: str = "") -> CheckRun:
    """The check run of a build that waits after an attempt."""
    return check_runs.waiting(build_job(), "id", LOG, words, reason=reason, begun=True)


def delayed(setback: Setback, reason: str) -> CheckRun:
    """The check run of a build that is to be tried again in a while."""
    return waiting_again(attempts.delayed(setback, timedelta(minutes=4)), reason)


def running_after(before: Setback) -> CheckRun:
    """The check run of a second attempt."""
    return check_runs.in_progress(build_job(), "id", LOG, started(2), before)


FAILED: dict[str, Any] = {
    "failed_command": "cmake --build build --config Release -j 2",
    "exit_status": 2,
    "reason": "`cmake --build build --config Release -j 2` exited with status 2",
    "duration": timedelta(seconds=41),
}
SAID: dict[str, Callable[[], CheckRun]] = {
    "queued": lambda: check_runs.waiting(build_job(), "id", DASHBOARD, attempts.free_builder(LINUX)),
    "waiting": lambda: check_runs.waiting(
        build_job(), "id", DASHBOARD, attempts.any_builder(LINUX, 6 * HOUR)
    ),
    "waiting for another builder": lambda: waiting_again(attempts.any_builder(LINUX, 2.5 * HOUR)),
    "to be tried again: died": lambda: delayed(Setback.DIED, "the disk of the builder builder-1 is full"),
    "to be tried again: handed over": lambda: delayed(Setback.HANDED_OVER, "it was told to stop"),
    "to be tried again: away": lambda: delayed(
        Setback.AWAY, "git fetch of acme/mono failed: fatal: The requested URL returned error: 502"
    ),
    "running": lambda: check_runs.in_progress(build_job(), "id", LOG, started()),
    "running again": lambda: check_runs.in_progress(build_job(), "id", LOG, started(2)),
    "running again after a hand-over": lambda: running_after(Setback.HANDED_OVER),
    "running again after an outage": lambda: running_after(Setback.AWAY),
    "built": lambda: ended(BuildOutcome.SUCCESS),
    "built at the root": lambda: ended(BuildOutcome.SUCCESS, build_job(project=project(path="."))),
    "tested": lambda: ended(BuildOutcome.SUCCESS, build_job(mode=BuildMode.TEST)),
    "pushed": lambda: ended(BuildOutcome.SUCCESS, PUSHED),
    "failed": lambda: ended(BuildOutcome.FAILURE, **FAILED),
    "ended by a signal": lambda: ended(BuildOutcome.FAILURE, **FAILED | {"exit_status": -9}),
    "ended by an odd signal": lambda: ended(BuildOutcome.FAILURE, **FAILED | {"exit_status": -29}),
    "failed at a short command": lambda: ended(
        BuildOutcome.FAILURE, **FAILED | {"failed_command": "meson compile -C build"}
    ),
    "failed without a command": lambda: ended(
        BuildOutcome.FAILURE,
        reason="the merge has no folder `meshmc`",
        commands=(),
        log_tail=(),
        line_count=0,
    ),
    "timed out": lambda: ended(
        BuildOutcome.TIMED_OUT, reason="`make` was still running", duration=timedelta(hours=1, seconds=3)
    ),
    "skipped": lambda: ended(BuildOutcome.SKIPPED, reason="cmake is not installed on the builder builder-1"),
    "skipped without a word": lambda: ended(BuildOutcome.SKIPPED),
    "superseded": lambda: ended(BuildOutcome.CANCELLED, reason="superseded by abc1234"),
    "no builder": lambda: never_begun(attempts.none_came(LINUX, 6 * HOUR)),
    "no free builder": lambda: never_begun(attempts.none_was_free(LINUX, 6 * HOUR)),
    "the bot's fault": lambda: ended(
        BuildOutcome.UNEXPECTED_ERROR,
        reason=attempts.given_up(Setback.DIED, 5, None, "its builder stopped answering in mid-build"),
    ),
    "handed over too often": lambda: ended(
        BuildOutcome.UNEXPECTED_ERROR, reason=attempts.given_up(Setback.HANDED_OVER, 20, None, "")
    ),
    "away for too long": lambda: ended(
        BuildOutcome.UNEXPECTED_ERROR,
        reason=attempts.given_up(Setback.AWAY, None, 24 * HOUR, "git fetch of acme/mono failed"),
    ),
    "the bot's fault, unsaid": lambda: ended(BuildOutcome.UNEXPECTED_ERROR, reason=""),
    "a long log": lambda: ended(BuildOutcome.SUCCESS, log_tail=("```", "x"), line_count=1_234),
}


@pytest.mark.parametrize("what", SAID)
def test_what_a_check_run_says(what: str, snapshot: "SnapshotAssertion") -> None:
    """Title, summary and text as they are sent."""
    run = SAID[what]()
    parts = (f"{run.name}: {run.status} {run.conclusion}", run.title, run.summary, run.text)
    assert "\n=====\n".join(parts) == snapshot


@pytest.mark.parametrize(
    "action", [check_runs.CANCEL, check_runs.RUN_TESTS], ids=lambda each: each.identifier
)
def test_what_a_button_says(action: CheckAction, snapshot: "SnapshotAssertion") -> None:
    """The button, and what is shown beside it."""
    assert f"{action.label}: {action.description}" == snapshot


@pytest.mark.parametrize(
    ("outcome", "conclusion"),
    [
        (BuildOutcome.SUCCESS, CheckConclusion.SUCCESS),
        (BuildOutcome.FAILURE, CheckConclusion.FAILURE),
        (BuildOutcome.TIMED_OUT, CheckConclusion.TIMED_OUT),
        (BuildOutcome.SKIPPED, CheckConclusion.SKIPPED),
        (BuildOutcome.CANCELLED, CheckConclusion.CANCELLED),
        (BuildOutcome.UNEXPECTED_ERROR, CheckConclusion.FAILURE),
    ],
)
def test_each_outcome_has_its_conclusion(outcome: BuildOutcome, conclusion: CheckConclusion) -> None:
    """As the design's table says."""
    assert ended(outcome).conclusion is conclusion


@pytest.mark.parametrize("what", SAID)
def test_every_stage_is_one_check_run(what: str) -> None:
    """Same commit, external id and name throughout, so that an update heals what was lost."""
    run = SAID[what]()
    assert (run.head_sha, run.external_id) == (HEAD, "id")
    assert run.name in {check_runs.name(build_job()), check_runs.name(PUSHED)}
    assert (run.conclusion is not None) == (run.status is CheckStatus.COMPLETED)


def test_times_are_the_builders_and_else_the_workflows() -> None:
    """A build that no builder took has an end and no beginning."""
    built = ended(BuildOutcome.SUCCESS)
    assert (built.started_at, built.completed_at) == (NOON, NOON + timedelta(seconds=125))
    never = check_runs.completed(build_job(), "id", LOG, BuildResult(outcome=BuildOutcome.CANCELLED), NOON)
    assert (never.started_at, never.completed_at) == (None, NOON)


LINES = st.lists(
    st.one_of(st.text(max_size=40), st.sampled_from(["`" * 50, "x" * 3_000, "```", "</details>"]))
)


@settings(max_examples=50)
@given(log=LINES, commands=LINES, reason=st.text(), times=st.sampled_from([1, 40]))
def test_output_always_fits_and_stays_in_its_place(
    log: list[str], commands: list[str], reason: str, times: int
) -> None:
    """However long the log, the commands and the reason are, and whatever is in them."""
    run = ended(
        BuildOutcome.FAILURE, log_tail=log * times, commands=commands * times, reason=reason, line_count=10**9
    )
    assert max(len(run.summary), len(run.text)) <= CHECK_OUTPUT_LIMIT
    assert set(Page(run.text).elements) <= {"p", "pre", "code"}
    assert set(Page(run.summary).elements) <= {"p", "ul", "li", "strong", "em", "a", "code", "pre"}


def test_a_long_log_loses_its_first_lines() -> None:
    """What failed is at the end."""
    run = ended(
        BuildOutcome.FAILURE, log_tail=[f"line {n} {'x' * 100}" for n in range(2_000)], line_count=2_000
    )
    assert "line 1999" in run.text
    assert "line 0 " not in run.text


@pytest.mark.parametrize("status", [1, -11])
def test_a_title_is_one_short_line(status: int) -> None:
    """However long the command is that failed."""
    run = ended(BuildOutcome.FAILURE, failed_command="sh -c '" + "x\n" * 5_000 + "'", exit_status=status)
    assert len(run.title) <= 140
    assert "\n" not in run.title


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, as nobody in particular."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, name: str, text: str) -> str:
    """Commit a file and return the commit."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git(folder, "add", name)
    git(folder, "commit", "-qm", name)
    return git(folder, "rev-parse", "HEAD")


def test_the_commands_to_reproduce_a_build_do_so(tmp_path: Path) -> None:
    """Pasted into a shell in a clone, they end in the project's folder of the merge that was built."""
    origin, clone, path = tmp_path / "origin", tmp_path / "clone", "it's; a $(folder)"
    origin.mkdir()
    git(origin, "init", "-q")
    common = commit(origin, f"{path}/a", "a")
    git(origin, "clone", "-q", str(origin), str(clone))
    base = commit(origin, "b", "b")
    git(origin, "checkout", "-q", "--detach", common)
    head = commit(origin, "c", "c")
    git(origin, "update-ref", "refs/pull/7/head", head)
    merge = Merge(base_sha=base, head_sha=head, merge_base=common, tree="0" * 40)
    commands = reproduction.of_job(build_job(merge=merge, project=project(path=path)), ["ls -A . .."])
    script = "\n".join(["set -e", "export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@e", *commands])
    environment = {
        "PATH": "/usr/bin:/bin",
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@e",
        "HOME": str(tmp_path),
    }
    shell = subprocess.run(
        ["sh"], input=script, cwd=clone, check=True, capture_output=True, text=True, env=environment
    )
    listing = [".:", "a", "..:", ".git", "b", "c", *path.split()]
    assert shell.stdout.split()[-len(listing) :] == listing
