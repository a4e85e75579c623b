"""The tables at the end of a run: the faults that were survived, and the promises that were kept.

In a hundred columns.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from emulator.rendering import statuses_of
from emulator.state import Repository
from tests.chaos.audit import Verdict
from tests.chaos.breaking import Struck, UnderWay
from tests.chaos.evidence import Evidence
from tickborg.texts.statuses import EVALUATION_CONTEXT

_FAULT_HEADINGS = ("fault", "at", "lasted", "struck", "builds", "evaluations", "back", "all ended")
_LEFT = frozenset({"fault", "promise", "struck"})


def under_way(repository: Repository) -> UnderWay:
    """What goes on at this moment."""
    heads = {pull.head_sha for pull in repository.pulls if pull.state == "open"}
    return UnderWay(
        runs=frozenset(run.id for run in repository.check_runs.values() if run.status != "completed"),
        heads=frozenset(sha for sha in heads if _decided_at(repository, sha) is None),
    )


def caught_up_at(repository: Repository, struck: Struck) -> float:
    """When all that was under way had ended, to the second; what was given up counts for nothing."""
    runs = (repository.check_runs[number] for number in struck.under_way.runs)
    ends = [run.completed_at.timestamp() for run in runs if run.completed_at is not None]
    ends += [at for sha in struck.under_way.heads if (at := _decided_at(repository, sha)) is not None]
    return max(ends, default=struck.back)


def table_of_faults(repository: Repository, struck: Sequence[Struck], began: float) -> Table:
    """A row for each fault, in their order: when it was and for how long, what it struck, what was under way.

    The last two columns are seconds after it was mended: until its victim did its work again, and until all
    that had been under way had ended.
    """
    drawn = _table("faults survived", _FAULT_HEADINGS)
    for each in sorted(struck, key=lambda one: one.began):
        drawn.add_row(
            each.fault.name,
            _seconds(each.began - began),
            _seconds(each.mended - each.began),
            str(each.effect),
            str(len(each.under_way.runs)),
            str(len(each.under_way.heads)),
            _seconds(each.back - each.mended),
            _seconds(caught_up_at(repository, each) - each.mended),
        )
    return drawn


def table_of_promises(verdicts: Iterable[Verdict]) -> Table:
    """A row for each promise: at how much was looked for it, and how often it was broken."""
    drawn = _table("promises", ("promise", "seen", "broken"))
    for verdict in verdicts:
        drawn.add_row(verdict.promise, f"{verdict.looked_at:,}", f"{len(verdict.violations) or ''}")
    return drawn


def counted(seen: Evidence) -> str:
    """How much there was of everything."""
    ends = Counter(log.status.value for log in seen.logs if log.status is not None)
    lines = sum(len(log.lines) for log in seen.logs)
    said = sum(output.lines for output in seen.outputs)
    return (
        f"{len(seen.pulls)} pull requests, {len(seen.deliveries)} events, {len(seen.workflows)} workflows, "
        f"{len(seen.runs)} check runs, {len(seen.logs)} attempts "
        f"({', '.join(f'{count} {status}' for status, count in ends.most_common())}) of {lines:,} lines, "
        f"{len(seen.outputs)} processes that said {said:,} lines"
    )


def _table(title: str, headings: Iterable[str]) -> Table:
    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in headings:
        drawn.add_column(heading, justify="left" if heading in _LEFT else "right", no_wrap=True)
    return drawn


def _decided_at(repository: Repository, sha: str) -> float | None:
    for status in statuses_of(repository, sha):
        if status.context == EVALUATION_CONTEXT and status.state != "pending":
            return status.created_at.timestamp()
    return None


def _seconds(seconds: float) -> str:
    return f"{max(0.0, seconds):.0f} s"
