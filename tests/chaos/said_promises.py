"""What is promised to those who read a pull request: its comments and labels. Pure."""

from tests.chaos import wanted
from tests.chaos.case import Case, Looked, broken
from tests.chaos.evidence import CommentSeen
from tests.chaos.plan import Say
from tickborg.github import SUMMARY_MARKER, late_reply_prefix, reply_marker
from tickborg.project_names import LABEL_PREFIX


def labels_say_what_is_changed(case: Case) -> Looked:
    """Every open pull request has the labels of what it changes, and no others."""
    for pull, head in case.open_heads():
        if not head.conflicting and not wanted.is_cancelled(case.ledger, pull.number):
            labels = sorted(each for each in pull.labels if each.startswith(LABEL_PREFIX))
            right = sorted(LABEL_PREFIX + name for name in head.recipes)
            yield f"#{pull.number}", broken(f"labelled {labels} instead of {right}", when=labels != right)


def one_summary_comment(case: Case) -> Looked:
    """Every pull request has one summary comment, if there is anything to say."""
    for pull in case.evidence.pulls:
        head = case.ledger.heads[pull.head_sha]
        count = len(_summaries(case, pull.number))
        due = pull.is_open and wanted.is_summary_due(case.ledger, pull, head)
        wrong = count > 1 or (due and count == 0)
        yield f"#{pull.number}", broken(f"{count} summary comments", when=wrong)


def summaries_say_how_it_ended(case: Case) -> Looked:
    """The summary comment says how the builds of the head ended."""
    for pull, head in case.open_heads():
        sign = wanted.sign_of_summary(case.ledger, pull, head)
        if sign:
            for summary in _summaries(case, pull.number):
                first = summary.body.splitlines()[0]
                yield f"#{pull.number}", broken(f"{first!r}, and not {sign}", when=sign not in first)


def every_comment_answered_once(case: Case) -> Looked:
    """Whoever talks to the bot is answered once, and nobody else is."""
    replies = [each for each in case.evidence.comments if each.by_bot and not _is_summary(each)]
    by_id = {comment.id: comment for comment in case.evidence.comments}
    expected = 0
    for done in case.ledger.done:
        comment = by_id.get(done.comment_id or 0)
        if not isinstance(done.act, Say) or comment is None:
            continue
        count = sum(reply_marker(comment.id) in reply.body for reply in replies)
        late = sum(late_reply_prefix(comment.id) in reply.body for reply in replies)
        expected += count + late
        said = f"{count} replies, {late} late ones, {'a' if comment.seen else 'no'} reaction"
        if "@tickbot" not in comment.body:
            wrong = bool(count + late + comment.seen)
        else:
            wrong = count > 1 or late > 1 or (done.heard and not count + late + comment.seen)
        yield f"comment {comment.id} on #{comment.pull}, {comment.body!r}", broken(said, when=wrong)
    total = f"{len(replies)} comments of the bot, of which {expected} answer somebody"
    yield "replies", broken(total, when=expected != len(replies))


def _summaries(case: Case, pull: int) -> list[CommentSeen]:
    return [each for each in case.evidence.comments_of(pull) if _is_summary(each)]


def _is_summary(comment: CommentSeen) -> bool:
    return comment.by_bot and SUMMARY_MARKER in comment.body
