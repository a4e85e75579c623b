"""What is promised to those who run the bot: workflows, logs, queues, processes. Pure."""

from collections import Counter

from tests.chaos import wanted
from tests.chaos.case import Case, Found
from tickborg.external_ids import read_external_id
from tickborg.labels import INTERNAL_ERROR_LABEL


def everything_rests(case: Case) -> Found:
    """All comes to rest."""
    for who in case.evidence.restless:
        yield "not at rest", who


def one_check_run_a_build(case: Case) -> Found:
    """Every Build workflow has exactly one check run, and every check run a Build workflow."""
    told = Counter(run.external_id for run in case.evidence.runs)
    for external_id, count in told.items():
        if count > 1:
            yield external_id, f"{count} check runs"
    references = (read_external_id(case.repo, external_id) for external_id in told)
    known = {reference.run_id for reference in references if reference is not None}
    builds = {each.run_id: each.id for each in case.evidence.workflows if each.id.startswith("build/")}
    for run_id in builds.keys() - known:
        yield builds[run_id], "it has no check run"
    for run_id in known - builds.keys():
        yield run_id, "a check run of no workflow"


def no_workflow_failed(case: Case) -> Found:
    """No workflow failed, and those that run own what is open."""
    owners = {f"pr/{case.repo}/{pull.number}" for pull in case.evidence.pulls if pull.is_open}
    running = Counter(each.id for each in case.evidence.workflows if each.status == "RUNNING")
    for workflow in case.evidence.workflows:
        if workflow.status not in {"RUNNING", "COMPLETED", "CONTINUED_AS_NEW"}:
            yield workflow.id, f"{workflow.status}: {workflow.failure}"
        elif workflow.status == "RUNNING" and workflow.id not in owners and not workflow.recurs:
            yield workflow.id, "it runs still"
    for owner in owners - set(running):
        yield owner, "the pull request is open, and nobody owns it"


def logs_are_whole(case: Case) -> Found:
    """No line of a log is lost or doubled."""
    for log in case.evidence.logs:
        for fault in wanted.wrong_with_log(case.ledger, log):
            yield f"log {log.attempt} of {log.project} at {log.sha[:7]}, {log.status}", fault
    kept = {log.attempt for log in case.evidence.logs}
    for run in case.evidence.runs:
        if run.conclusion in wanted.DONE_WELL and run.attempt not in kept:
            yield str(run), f"no log of its attempt {run.attempt or run.details_url}"


def nothing_waits_in_queues(case: Case) -> Found:
    """No log line waits in a spool or in a queue, and no message was refused."""
    for path in case.evidence.spooled:
        yield path, "never sent"
    for queue, count in case.evidence.queued.items():
        if count:
            yield queue, f"{count} messages"


def every_event_taken(case: Case) -> Found:
    """Every event that GitHub told of is taken in the end."""
    for delivery in case.evidence.deliveries:
        if not any(200 <= answer < 300 for answer in delivery.answers):
            yield f"{delivery.event} {delivery.guid}", f"answered {delivery.answers}"


def no_fault_of_its_own(case: Case) -> Found:
    """The bot takes nothing for a fault of its own, and none of its processes complains of one."""
    for pull in case.evidence.pulls:
        if INTERNAL_ERROR_LABEL in pull.labels:
            yield f"#{pull.number}", f"it is labelled {INTERNAL_ERROR_LABEL}"
    for complaint in case.evidence.complaints:
        yield "a process says", complaint


def no_process_left(case: Case) -> Found:
    """No process is left, and none ended by itself in the midst of its work."""
    for command in case.evidence.orphans:
        yield "orphan", command
    for ending in case.evidence.endings:
        yield "service", ending
    for path in case.evidence.left:
        yield "workspace", path
    for call in case.evidence.calls_unknown:
        yield "a call that GitHub does not know", call
