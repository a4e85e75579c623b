"""What is promised to those who look at GitHub: statuses, check runs and comments. Pure."""

from collections import Counter

from tests.chaos import wanted
from tests.chaos.case import Case, Found
from tests.chaos.evidence import CommentSeen
from tests.chaos.plan import Say
from tests.chaos.recipes import TRUNK
from tickborg.github import SUMMARY_MARKER, late_reply_prefix, reply_marker
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.texts.statuses import EVALUATION_CONTEXT


def one_final_status(case: Case) -> Found:
    """Every open head has exactly one final status, and the right one."""
    for pull, head in case.open_heads():
        said = case.evidence.statuses_of(head.sha, EVALUATION_CONTEXT)
        subject = f"#{pull.number} at {head.sha[:7]}"
        if not said or said[-1].state == "pending":
            yield subject, f"its last status is {said[-1] if said else 'none at all'}"
        elif said[-1].state not in wanted.right_states(case.ledger, head):
            yield subject, f"it says {said[-1].state}, {said[-1].description!r}"


def nothing_said_twice(case: Case) -> Found:
    """No head, old ones included, is told of two ends, unless it was asked about again."""
    for head in case.ledger.heads.values():
        said = case.evidence.statuses_of(head.sha, EVALUATION_CONTEXT)
        final = {(each.state, each.description) for each in said if each.state != "pending"}
        if head.pull is not None and len(final) > 1 + wanted.again(case.ledger, head.pull):
            yield f"#{head.pull} at {head.sha[:7]}", f"several final statuses: {sorted(final)}"


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
    for head in pushed[-1:]:
        said = case.evidence.statuses_of(head.sha, PUSH_CONTEXT)
        if not said or said[-1].state != "success":
            yield f"{head.sha[:7]} of main", f"its last status is {said[-1] if said else 'none at all'}"
    for key, count in Counter((run.sha, run.name) for run in runs).items():
        if count > 1:
            yield f"{key[1]} of {key[0][:7]}", f"{count} check runs"


def no_check_run_left(case: Case) -> Found:
    """No check run is left queued or running."""
    for run in case.evidence.runs:
        if run.status != "completed" or run.conclusion is None:
            yield str(run), f"{run.status}: {run.title}"


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
        late = sum(late_reply_prefix(comment.id) in reply.body for reply in replies)
        expected += count + late
        answered = count + late + comment.seen
        if "@tickbot" not in comment.body:
            if answered:
                yield f"comment {comment.id} on #{comment.pull}", "answered, and was not to the bot"
        elif count > 1 or (done.heard and not answered):
            yield (
                f"comment {comment.id} on #{comment.pull}, {comment.body!r}",
                f"{count} replies, no reaction",
            )
    if expected != len(replies):
        yield "replies", f"{len(replies)} comments of the bot, of which {expected} answer somebody"


def _is_summary(comment: CommentSeen) -> bool:
    return comment.by_bot and SUMMARY_MARKER in comment.body
