"""What a run promises: that there was a storm, and that all of it was looked at. Pure."""

from collections import Counter

from tests.chaos.case import Case, Looked, broken
from tests.chaos.plan import Close, Open, Press, Reopen, Say


def everything_was_done(case: Case) -> Looked:
    """People did all that they had planned."""
    done = Counter(each.act for each in case.ledger.done)
    for act, count in Counter(due.act for due in case.plan.acts).items():
        # There may have been no check run yet whose button could be pressed.
        lacks = done[act] < count and not isinstance(act, Press)
        yield str(act), broken(f"{done[act]} times instead of {count}", when=lacks)


def every_fault_struck(case: Case) -> Looked:
    """Every fault that was planned has struck something."""
    struck = Counter(case.evidence.struck)
    for name, count in Counter(fault.name for fault in case.plan.faults).items():
        yield name, broken(f"it struck something {struck[name]} times of {count}", when=struck[name] < count)


def everything_is_there(case: Case) -> Looked:
    """What people did is there: each pull request as they left it, and each comment."""
    pulls = {pull.number: pull for pull in case.evidence.pulls}
    words = {comment.id: comment.body for comment in case.evidence.comments}
    for done in case.ledger.done:
        act = done.act
        if isinstance(act, Say):
            there = done.comment_id is not None and words.get(done.comment_id) == act.words
            yield f"#{act.pull}: {act.words}", broken("the comment is not there", when=not there)
        elif isinstance(act, Open):
            *_, last = case.ledger.about(act.pull)
            pull = pulls.get(act.pull)
            right = pull is not None and (pull.head_sha, pull.is_open) == (last.sha, _is_open(case, act.pull))
            yield f"#{act.pull}", broken(f"it is {pull}", when=not right)


def _is_open(case: Case, pull: int) -> bool:
    acts = [done.act for done in case.ledger.about(pull) if isinstance(done.act, Open | Close | Reopen)]
    return not isinstance(acts[-1], Close)
