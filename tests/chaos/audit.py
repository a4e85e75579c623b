"""Holds the bot to account: what it left behind against what people asked of it. Pure.

Nothing here depends on when something happened; where the outcome may depend on it (a cancel that came before
or after a push), each outcome that is right is allowed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos import wanted
from tests.chaos.evidence import CommentSeen, Evidence, PullSeen
from tests.chaos.ledger import Head, Ledger
from tests.chaos.plan import Say
from tests.chaos.recipes import TRUNK
from tickborg.external_ids import read_external_id
from tickborg.github import SUMMARY_MARKER, RepositoryName, reply_marker
from tickborg.texts.statuses import EVALUATION_CONTEXT


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept."""

    promise: str
    subject: str
    found: str

    def __str__(self) -> str:
        return f"{self.promise}\n    {self.subject}: {self.found}"


@dataclass(frozen=True)
class Case:
    """What was asked for, and what is there."""

    repo: RepositoryName
    ledger: Ledger
    evidence: Evidence

    def open_heads(self) -> Iterator[tuple[PullSeen, Head]]:
        """The pull requests that are open, and their heads."""
        for pull in self.evidence.pulls:
            if pull.is_open:
                yield pull, self.ledger.heads[pull.head_sha]


Found = Iterator[tuple[str, str]]
"""Of whom, and what, is against a promise."""


def everything_rests(case: Case) -> Found:
    """All comes to rest."""
    for who in case.evidence.restless:
        yield "not at rest", who


def one_final_status(case: Case) -> Found:
    """Every open head has exactly one final status, and the right one."""
    for pull, head in case.open_heads():
        said = case.evidence.statuses_of(head.sha, EVALUATION_CONTEXT)
        final = {(each.state, each.description) for each in said if each.state != "pending"}
        subject = f"#{pull.number} at {head.sha[:7]}"
        if not said or said[-1].state == "pending":
            yield subject, f"its last status is {said[-1] if said else 'none at all'}"
        elif len(final) > 1 + wanted.again(case.ledger, pull.number):
            yield subject, f"several final statuses: {sorted(final)}"
        elif said[-1].state not in wanted.right_states(case.ledger, head):
            yield subject, f"it says {said[-1].state}, {said[-1].description!r}"


def no_status_left_pending(case: Case) -> Found:
    """No commit is left with a status that is pending."""
    last = {(each.sha, each.context): each for each in case.evidence.statuses}
    for status in last.values():
        if status.state == "pending":
            yield f"{status.context} of {status.sha[:7]}", f"{status.description!r} for ever"


def one_completed_check_run(case: Case) -> Found:
    """Every build wanted has one completed check run, which says how the build ended."""
    for pull, head in case.open_heads():
        for project in sorted(wanted.required(case.ledger, pull, head)):
            runs = case.evidence.runs_of(head.sha, project)
            for fault in wanted.wrong_with_runs(case.ledger, head, project, runs):
                yield f"#{pull.number} {project}", fault
            allowed = 1 + wanted.again(case.ledger, pull.number)
            if len(runs) > allowed:
                yield f"#{pull.number} {project}", f"{len(runs)} check runs, where {allowed} were asked for"


def nothing_unasked(case: Case) -> Found:
    """Nothing is built that nobody wanted."""
    for run in case.evidence.runs:
        head, project = case.ledger.heads.get(run.sha), run.name.split()[0]
        if head is None:
            yield str(run), "of a commit that nobody pushed"
        elif project not in wanted.builds_of(head) | wanted.named(case.ledger, head.pull):
            yield str(run), "the commit does not change it, and nobody asked for it"


def pushes_are_built(case: Case) -> Found:
    """What is pushed to the default branch is built there, once on it or on what came later."""
    pushed = case.ledger.pushed()
    runs = [run for run in case.evidence.runs if "(push to " in run.name]
    for place, head in enumerate(pushed):
        later = {each.sha for each in pushed[place:]}
        done = [run for run in runs if run.sha in later]
        if TRUNK in head.recipes and not any(run.conclusion in wanted.DONE_WELL for run in done):
            yield f"{head.sha[:7]} of main", f"not built: {done or 'no check run'}"
    for key, count in Counter((run.sha, run.name) for run in runs).items():
        if count > 1:
            yield f"{key[1]} of {key[0][:7]}", f"{count} check runs"


def no_check_run_left(case: Case) -> Found:
    """No check run is left queued or running."""
    for run in case.evidence.runs:
        if run.status != "completed" or run.conclusion is None:
            yield str(run), f"{run.status}: {run.title}"


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


def one_summary_comment(case: Case) -> Found:
    """Every pull request has one summary comment, if there is anything to say."""
    for pull in case.evidence.pulls:
        head = case.ledger.heads[pull.head_sha]
        count = sum(_is_summary(each) for each in case.evidence.comments_of(pull.number))
        due = pull.is_open and (head.conflicting or bool(wanted.required(case.ledger, pull, head)))
        if count > 1 or (due and count == 0):
            yield f"#{pull.number}", f"{count} summary comments"


def every_comment_answered_once(case: Case) -> Found:
    """Whoever talks to the bot is answered once, and nobody else is."""
    replies = [each for each in case.evidence.comments if each.by_bot and not _is_summary(each)]
    by_id = {comment.id: comment for comment in case.evidence.comments}
    expected = 0
    for done in case.ledger.done:
        if not isinstance(done.act, Say) or done.comment_id is None:
            continue
        comment = by_id[done.comment_id]
        count = sum(reply_marker(comment.id) in reply.body for reply in replies)
        expected += count
        answered = count + comment.seen
        if "@tickbot" not in comment.body:
            if answered:
                yield f"comment {comment.id} on #{comment.pull}", "answered, and was not to the bot"
        elif count > 1 or not answered:
            yield (
                f"comment {comment.id} on #{comment.pull}, {comment.body!r}",
                f"{count} replies, no reaction",
            )
    if expected != len(replies):
        yield "replies", f"{len(replies)} comments of the bot, of which {expected} answer somebody"


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


PROMISES: tuple[Callable[[Case], Found], ...] = (
    everything_rests,
    one_final_status,
    no_status_left_pending,
    one_completed_check_run,
    nothing_unasked,
    pushes_are_built,
    no_check_run_left,
    one_check_run_a_build,
    one_summary_comment,
    every_comment_answered_once,
    no_workflow_failed,
    logs_are_whole,
    nothing_waits_in_queues,
    every_event_taken,
    no_process_left,
)


def violations(case: Case) -> list[Violation]:
    """All that is against a promise."""
    return [
        Violation((promise.__doc__ or "").split("\n")[0], subject, found)
        for promise in PROMISES
        for subject, found in promise(case)
    ]


def _is_summary(comment: CommentSeen) -> bool:
    return comment.by_bot and SUMMARY_MARKER in comment.body
