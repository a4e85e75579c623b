"""What the commit statuses of a pull request say (design, section 8).

Each is one context of the head, and a later one replaces it. Descriptions fit GitHub's 140 characters.
"""

from tickborg.github import STATUS_DESCRIPTION_LIMIT, CommitStatus, PullRequest, StatusState
from tickborg.jobs import BuildJob, BuildOutcome, BuildPlan, BuildResult, MergeReport
from tickborg.policy import Policy
from tickborg.texts import reasons
from tickborg.texts.endings import ending_in_words
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import counted, listed

EVALUATION_CONTEXT = "tickborg-eval"

_STATE_OF_OUTCOME = {
    BuildOutcome.SUCCESS: StatusState.SUCCESS,
    BuildOutcome.FAILURE: StatusState.FAILURE,
    BuildOutcome.TIMED_OUT: StatusState.FAILURE,
    BuildOutcome.SKIPPED: StatusState.SUCCESS,
    BuildOutcome.CANCELLED: StatusState.ERROR,
    BuildOutcome.UNEXPECTED_ERROR: StatusState.ERROR,
}


def check_context(check: str) -> str:
    """The context of the evaluation check called ``check``."""
    return f"{EVALUATION_CONTEXT}-{check}"


def starting(pull: PullRequest, target_url: str) -> CommitStatus:
    """The evaluation has begun."""
    return _of(pull, StatusState.PENDING, "starting", target_url)


def merging(pull: PullRequest, target_url: str) -> CommitStatus:
    """The head is being fetched and merged."""
    return _of(pull, StatusState.PENDING, f"merging with {pull.base_ref}", target_url)


def checking(pull: PullRequest, target_url: str) -> CommitStatus:
    """Checks that hold the builds are running."""
    return _of(pull, StatusState.PENDING, "waiting for the checks that builds depend on", target_url)


def scheduling(pull: PullRequest, target_url: str) -> CommitStatus:
    """The builds are known and being started."""
    return _of(pull, StatusState.PENDING, "scheduling builds", target_url)


def evaluated(pull: PullRequest, plan: BuildPlan, target_url: str) -> CommitStatus:
    """What the pull request changes, and whether that is built."""
    return _of(pull, StatusState.SUCCESS, _plan_in_words(plan), target_url)


def conflict(pull: PullRequest, report: MergeReport, target_url: str) -> CommitStatus:
    """The head and its target branch cannot be merged."""
    return _of(pull, StatusState.FAILURE, _conflict_in_words(pull, report), target_url)


def bad_project_file(pull: PullRequest, reason: str, target_url: str) -> CommitStatus:
    """The target branch's project file cannot be used; ``reason`` has a line for each fault of it."""
    first, *more = reason.splitlines() or [""]
    rest = " (the first of several faults)" if more else ""
    description = shorten(first, STATUS_DESCRIPTION_LIMIT - len(rest)) + rest
    return _of(pull, StatusState.FAILURE, description, target_url)


def cancelled(pull: PullRequest, reason: str, target_url: str) -> CommitStatus:
    """The evaluation was cancelled."""
    return _of(pull, StatusState.ERROR, reason, target_url)


def internal_error(pull: PullRequest, reason: str, target_url: str) -> CommitStatus:
    """The bot failed for good."""
    return _of(pull, StatusState.ERROR, f"tickborg failed, not your change: {reason}", target_url)


def check_pending(job: BuildJob, target_url: str) -> CommitStatus:
    """An evaluation check is queued or running."""
    return _of_check(job, StatusState.PENDING, f"queued or running on {job.system}", target_url)


def check_completed(job: BuildJob, result: BuildResult, target_url: str) -> CommitStatus:
    """An evaluation check has ended."""
    description = ending_in_words(job, result)
    if result.outcome is BuildOutcome.UNEXPECTED_ERROR and result.reason:
        description += f": {result.reason}"
    return _of_check(job, _STATE_OF_OUTCOME[result.outcome], description, target_url)


def check_not_run(pull: PullRequest, check: str, why: str, target_url: str) -> CommitStatus:
    """An evaluation check was ended for another evaluation, which does not run it: the first line of why."""
    first, _, _ = why.partition("\n")
    status = _of(pull, StatusState.ERROR, f"ended and not run again: {first}", target_url)
    return status.model_copy(update={"context": check_context(check)})


def not_called_for(pull: PullRequest, plan: BuildPlan, policy: Policy) -> str:
    """Why an evaluation that found out what to build does not run a check that one before it ran."""
    if plan.awaits_approval and plan.held:
        return plan.held
    if set(policy.primary_systems).isdisjoint(policy.systems):
        return reasons.no_check_system()
    return f"{pull.base_ref} does not call for it any more"


def _plan_in_words(plan: BuildPlan) -> str:
    changed = plan.changed_projects
    if plan.held:
        return plan.held
    if not changed:
        return "no project is changed"
    count = counted(len(changed), "project")
    return f"{count}: {listed(changed, STATUS_DESCRIPTION_LIMIT - len(count) - 2)}"


def _conflict_in_words(pull: PullRequest, report: MergeReport) -> str:
    if not report.conflicts:
        return f"nothing can be merged: the head and {pull.base_ref} have no commit in common"
    others = max(report.conflict_count, len(report.conflicts)) - 1
    rest = f" and {others:,} more" if others else ""
    beginning = "merge conflict in "
    room = STATUS_DESCRIPTION_LIMIT - len(beginning) - len(rest)
    return beginning + shorten(report.conflicts[0], room) + rest


def _of(pull: PullRequest, state: StatusState, description: str, target_url: str) -> CommitStatus:
    return CommitStatus(
        repo=pull.repo,
        sha=pull.head_sha,
        context=EVALUATION_CONTEXT,
        state=state,
        description=shorten(description, STATUS_DESCRIPTION_LIMIT),
        target_url=target_url,
    )


def _of_check(job: BuildJob, state: StatusState, description: str, target_url: str) -> CommitStatus:
    return CommitStatus(
        repo=job.repo,
        sha=job.merge.head_sha,
        context=check_context(job.check.name if job.check else job.project.name),
        state=state,
        description=shorten(description, STATUS_DESCRIPTION_LIMIT),
        target_url=target_url,
    )
