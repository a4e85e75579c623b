"""What is promised to those who run the bot: workflows, logs, queues, processes. Pure."""

from collections import Counter

from tests.chaos import wanted
from tests.chaos.case import KEPT, Case, Looked, broken
from tickborg.external_ids import read_external_id
from tickborg.labels import INTERNAL_ERROR_LABEL


def everything_rests(case: Case) -> Looked:
    """All comes to rest."""
    for pull in case.evidence.pulls:
        yield f"#{pull.number}", broken("its owner has more to say", when=pull.is_open and not pull.settled)
    for who in case.evidence.restless:
        yield who, ["not at rest"]


def one_check_run_a_build(case: Case) -> Looked:
    """Every Build workflow has exactly one check run, and every check run one."""
    told = Counter(run.external_id for run in case.evidence.runs)
    references = (read_external_id(case.repo, external_id) for external_id in told)
    known = {reference.run_id for reference in references if reference is not None}
    builds = {each.run_id: each.id for each in case.evidence.workflows if each.id.startswith("build/")}
    for run_id, workflow in builds.items():
        yield workflow, broken("it has no check run", when=run_id not in known)
    for external_id, count in told.items():
        yield external_id, broken(f"{count} check runs", when=count > 1)
    for run_id in known - builds.keys():
        yield run_id, ["a check run of no workflow"]


def no_workflow_failed(case: Case) -> Looked:
    """No workflow failed, and those that run own what is open."""
    owners = {f"pr/{case.repo}/{pull.number}" for pull in case.evidence.pulls if pull.is_open}
    running = Counter(each.id for each in case.evidence.workflows if each.status == "RUNNING")
    for workflow in case.evidence.workflows:
        if workflow.status == "RUNNING":
            idle = workflow.id in owners or workflow.recurs
            yield workflow.id, broken("it runs still", when=not idle)
        else:
            failed = workflow.status not in {"COMPLETED", "CONTINUED_AS_NEW"}
            yield workflow.id, broken(f"{workflow.status}: {workflow.failure}", when=failed)
    for owner in owners - set(running):
        yield owner, ["the pull request is open, and nobody owns it"]


def logs_are_whole(case: Case) -> Looked:
    """No line of a log is lost or doubled, and no log of a build."""
    for log in case.evidence.logs:
        subject = f"log {log.attempt} of {log.project} at {log.sha[:7]}, {log.status}"
        yield subject, list(wanted.wrong_with_log(case.ledger, log))
    kept = {log.attempt for log in case.evidence.logs}
    for run in case.evidence.runs:
        lacks = run.conclusion in wanted.DONE_WELL and run.attempt not in kept
        yield str(run), broken(f"no log of its attempt {run.attempt or run.details_url}", when=lacks)


def nothing_waits_in_queues(case: Case) -> Looked:
    """No log line waits in a spool or in a queue, and no message was refused."""
    for queue, count in case.evidence.queued.items():
        yield queue, broken(f"{count} messages", when=count > 0)
    for path in case.evidence.spooled:
        yield path, ["never sent"]


def every_event_taken(case: Case) -> Looked:
    """Every event that GitHub told of is taken in the end."""
    for delivery in case.evidence.deliveries:
        refused = not any(200 <= answer < 300 for answer in delivery.answers)
        yield f"{delivery.event} {delivery.guid}", broken(f"answered {delivery.answers}", when=refused)


def no_fault_of_its_own(case: Case) -> Looked:
    """The bot takes nothing for a fault of its own, and no process complains of one."""
    for pull in case.evidence.pulls:
        labelled = INTERNAL_ERROR_LABEL in pull.labels
        yield f"#{pull.number}", broken(f"it is labelled {INTERNAL_ERROR_LABEL}", when=labelled)
    for output in case.evidence.outputs:
        yield output.process, output.complaints
    for call in case.evidence.calls_unknown:
        yield "GitHub", [f"it knows no {call}"]


def no_process_left(case: Case) -> Looked:
    """No process is left, none ended by itself in its work, and no workspace is left."""
    for output in case.evidence.outputs:
        yield output.process, KEPT
    for command in case.evidence.orphans:
        yield command, ["it runs still"]
    for ending in case.evidence.endings:
        yield "service", [ending]
    for path in case.evidence.left:
        yield "workspace", [path]
