"""What a build's check run says, at each stage of the build (design, section 8)."""

from collections.abc import Iterable
from datetime import datetime

from tickborg.external_ids import BuildReference
from tickborg.github import (
    CHECK_OUTPUT_LIMIT,
    CheckAction,
    CheckConclusion,
    CheckRun,
    CheckStatus,
)
from tickborg.jobs import BuildJob, BuildMode, BuildOutcome, BuildResult, BuildStarted, Origin
from tickborg.policy import Policy
from tickborg.setbacks import Setback
from tickborg.systems import System
from tickborg.texts import attempts, reproduction
from tickborg.texts.durations import spoken
from tickborg.texts.endings import ending_in_words
from tickborg.texts.markdown import block, code, link, prose
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted, short_sha

CANCEL = CheckAction(label="Cancel", identifier="cancel", description="End this build")
RUN_TESTS = CheckAction(label="Run tests", identifier="test", description="Build it and run its tests")

_TITLE_LIMIT = 140
"""GitHub names none; a title is shown on one line, as a status is."""
_REASON_LIMIT = 2_000

_CONCLUSION_OF_OUTCOME = {
    BuildOutcome.SUCCESS: CheckConclusion.SUCCESS,
    BuildOutcome.FAILURE: CheckConclusion.FAILURE,
    BuildOutcome.TIMED_OUT: CheckConclusion.TIMED_OUT,
    BuildOutcome.SKIPPED: CheckConclusion.SKIPPED,
    BuildOutcome.CANCELLED: CheckConclusion.CANCELLED,
    BuildOutcome.UNEXPECTED_ERROR: CheckConclusion.FAILURE,
}
_REPRODUCIBLE = frozenset({BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT})
"""Outcomes that come of the commands themselves."""


def name(job: BuildJob) -> str:
    """What the check run is called; the same for every build of a project on a system."""
    return _name(job.project.name, job.system, job.origin)


def name_of(build: BuildReference) -> str:
    """What the check run of ``build`` is called."""
    return _name(build.project, build.system, build.origin)


def waiting(  # noqa: PLR0913 - a check run is made of as much
    job: BuildJob,
    external_id: str,
    details_url: str,
    words: str,
    *,
    reason: str = "",
    begun: bool = False,
) -> CheckRun:
    """No builder is at work: the build waits for one, or is to be tried again.

    Args:
        job: the build.
        external_id: see :class:`CheckRun`.
        details_url: the page to lead to.
        words: what it waits for; see :mod:`tickborg.texts.attempts`.
        reason: what the last attempt failed with.
        begun: whether there was an attempt. What is in progress is never queued again: GitHub's people name
            one order of statuses, and not that (https://github.community/t/stale-check-runs/120566).
    """
    status = CheckStatus.IN_PROGRESS if begun else CheckStatus.QUEUED
    run = _unfinished(job, external_id, details_url, words, status)
    if not reason:
        return run
    fact = f"- **The last attempt:** {prose(shorten(reason, _REASON_LIMIT))}"
    return run.model_copy(update={"summary": f"{run.summary}\n{fact}"})


def in_progress(
    job: BuildJob,
    external_id: str,
    log_url: str,
    started: BuildStarted,
    before: Setback = Setback.DIED,
) -> CheckRun:
    """A builder is at work; ``before``: what the attempt before this one met with, if there was one."""
    title = f"running on {started.builder}"
    if started.attempt > 1:
        title += f", {attempts.another(started.attempt, before)}"
    run = _unfinished(job, external_id, log_url, title, CheckStatus.IN_PROGRESS)
    return run.model_copy(update={"started_at": started.started_at})


def completed(
    job: BuildJob, external_id: str, log_url: str, result: BuildResult, finished_at: datetime
) -> CheckRun:
    """The build has ended; ``finished_at`` is when, if ``result`` does not say."""
    return CheckRun(
        repo=job.repo,
        head_sha=job.merge.head_sha,
        name=name(job),
        external_id=external_id,
        status=CheckStatus.COMPLETED,
        conclusion=_CONCLUSION_OF_OUTCOME[result.outcome],
        title=shorten(ending_in_words(job, result), _TITLE_LIMIT),
        summary=_summary(job, result, log_url),
        text=_log(result),
        details_url=log_url,
        started_at=result.started_at,
        completed_at=result.finished_at or finished_at,
    )


def may_be_tested(job: BuildJob, result: BuildResult, policy: Policy) -> bool:
    """Whether tests may be offered: it was built, without them, on a system where tests are run."""
    built = job.mode is BuildMode.BUILD and result.outcome is BuildOutcome.SUCCESS
    return built and job.system in policy.test_systems


def offering_tests(run: CheckRun) -> CheckRun:
    """The check run with a button *Run tests*."""
    return run.model_copy(update={"actions": (RUN_TESTS,)})


def _name(project: str, system: System, origin: Origin) -> str:
    ending = f" (push to {origin.branch})" if origin.branch is not None else ""
    return f"{project} on {system}{ending}"


def _unfinished(
    job: BuildJob, external_id: str, details_url: str, title: str, status: CheckStatus
) -> CheckRun:
    return CheckRun(
        repo=job.repo,
        head_sha=job.merge.head_sha,
        name=name(job),
        external_id=external_id,
        status=status,
        title=shorten(title, _TITLE_LIMIT),
        summary="\n".join(_facts(job)),
        details_url=details_url,
        actions=(CANCEL,),
    )


def _summary(job: BuildJob, result: BuildResult, log_url: str) -> str:
    facts = "\n".join((*_facts(job), *_facts_of_run(result, log_url)))
    beginning = [*_explanation(job, result), facts]
    commands = reproduction.of_job(job, result.commands) if result.outcome in _REPRODUCIBLE else ()
    heading = f"Run it yourself, in a clone of {code(str(job.repo))}:\n"
    room = CHECK_OUTPUT_LIMIT - sum(map(len, beginning)) - len(heading) - 2 * len("\n\n")
    shell = block(commands, room, language="sh") if commands else ""
    return "\n\n".join((*beginning, heading + shell) if shell else beginning)


def _explanation(job: BuildJob, result: BuildResult) -> Iterable[str]:
    """What the title does not say."""
    reason = prose(shorten(result.reason, _REASON_LIMIT))
    if result.outcome is BuildOutcome.UNEXPECTED_ERROR:
        yield f"The fault is tickborg's and not your change's. What happened: {reason or 'it is not known'}."
        yield "Run it again with the button *Re-run*."
    elif result.reason and result.reason != ending_in_words(job, result):
        yield f"How it ended: {reason}."


def _facts(job: BuildJob) -> Iterable[str]:
    project, merge = job.project, job.merge
    place = "the repository's root" if project.path == "." else code(project.path)
    yield f"- **Project:** {code(project.name)} ({project.build_system}) in {place}"
    if job.origin.branch is not None:
        yield f"- **Commit:** {merge.head_sha}, pushed to {code(job.origin.branch)}"
        return
    base = f"{short_sha(merge.base_sha)} of {code(job.base_ref)}"
    yield f"- **Merge:** {short_sha(merge.head_sha)} into {base}, which gives the tree `{merge.tree}`"


def _facts_of_run(result: BuildResult, log_url: str) -> Iterable[str]:
    if result.attempt_id is None:
        return
    yield f"- **Time:** {spoken(result.duration)} on {code(result.builder)}"
    yield f"- **Log:** {link(counted(result.line_count, 'line'), log_url)}"


def _log(result: BuildResult) -> str:
    """The end of the log, of which the newest lines are kept."""
    if not result.log_tail:
        return ""
    whole = len(result.log_tail) >= result.line_count
    heading = (
        "The log:\n" if whole else f"The end of the log, which has {counted(result.line_count, 'line')}:\n"
    )
    return heading + block(
        result.log_tail, CHECK_OUTPUT_LIMIT - len(heading), language="text", keep_last=True
    )
