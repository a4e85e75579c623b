"""What is promised to those who look at GitHub: statuses and check runs. Pure."""

from collections import Counter

from tests.chaos import wanted
from tests.chaos.case import Case, Looked, broken
from tests.chaos.recipes import TRUNK
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.texts.statuses import EVALUATION_CONTEXT


def one_final_status(case: Case) -> Looked:
    """Every open head has exactly one final status, and the right one."""
    for pull, head in case.open_heads():
        said = case.evidence.statuses_of(head.sha, EVALUATION_CONTEXT)
        right = said and said[-1].state in wanted.right_states(case.ledger, head)
        last = said[-1] if said else "none at all"
        yield f"#{pull.number} at {head.sha[:7]}", broken(f"its last status is {last}", when=not right)


def nothing_said_twice(case: Case) -> Looked:
    """No head, old ones included, is told of two ends, unless asked about again."""
    for head in case.ledger.heads.values():
        if head.pull is not None:
            said = case.evidence.statuses_of(head.sha, EVALUATION_CONTEXT)
            final = {(each.state, each.description) for each in said if each.state != "pending"}
            twice = len(final) > 1 + wanted.again(case.ledger, head.pull)
            subject = f"#{head.pull} at {head.sha[:7]}"
            yield subject, broken(f"several final statuses: {sorted(final)}", when=twice)


def no_status_left_pending(case: Case) -> Looked:
    """No commit is left with a status that is pending."""
    last = {(each.sha, each.context): each for each in case.evidence.statuses}
    for status in last.values():
        left = broken(f"{status.description!r} for ever", when=status.state == "pending")
        yield f"{status.context} of {status.sha[:7]}", left


def one_completed_check_run(case: Case) -> Looked:
    """Every build wanted has one completed check run, which says how the build ended."""
    for pull, head in case.open_heads():
        allowed = 1 + wanted.again(case.ledger, pull.number)
        for project in sorted(wanted.required(case.ledger, pull, head)):
            runs = case.evidence.runs_of(head.sha, project)
            many = f"{len(runs)} check runs, where {allowed} were asked for"
            faults = wanted.wrong_with_runs(case.ledger, head, project, runs)
            yield f"#{pull.number} {project}", [*faults, *broken(many, when=len(runs) > allowed)]


def nothing_unasked(case: Case) -> Looked:
    """Nothing is built that nobody wanted."""
    for run in case.evidence.runs:
        head, project = case.ledger.heads.get(run.sha), run.name.split()[0]
        if head is None:
            yield str(run), ["of a commit that nobody pushed"]
        else:
            right = wanted.builds_of(head) | wanted.named(case.ledger, head.pull)
            unasked = "the commit does not change it, and nobody asked for it"
            yield str(run), broken(unasked, when=project not in right)


def pushes_are_built(case: Case) -> Looked:
    """What is pushed to main is built there, once on it or on what came later."""
    pushed = case.ledger.pushed()
    runs = [run for run in case.evidence.runs if "(push to " in run.name]
    for place, head in enumerate(pushed):
        later = {each.sha for each in pushed[place:]}
        done = [run for run in runs if run.sha in later]
        lacks = TRUNK in head.recipes and not any(run.conclusion in wanted.DONE_WELL for run in done)
        yield f"{head.sha[:7]} of main", broken(f"not built: {done or 'no check run'}", when=lacks)
    for head in pushed[-1:]:
        said = case.evidence.statuses_of(head.sha, PUSH_CONTEXT)
        last = said[-1] if said else "none at all"
        ill = not said or said[-1].state != "success"
        yield f"{head.sha[:7]} of main", broken(f"its last status is {last}", when=ill)
    for (sha, name), count in Counter((run.sha, run.name) for run in runs).items():
        yield f"{name} of {sha[:7]}", broken(f"{count} check runs", when=count > 1)


def no_check_run_left(case: Case) -> Looked:
    """No check run is left queued or running."""
    for run in case.evidence.runs:
        left = run.status != "completed" or run.conclusion is None
        yield str(run), broken(f"{run.status}: {run.title}", when=left)
