"""The table of the faults that were survived."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.table import Table

from emulator.rendering import statuses_of
from emulator.state import Repository
from tests.chaos.breaking import Struck, UnderWay
from tests.chaos.evidence import Evidence
from tickborg.texts.statuses import EVALUATION_CONTEXT


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


def table(repository: Repository, struck: Sequence[Struck], began: float) -> Table:
    """A row for each kind of fault."""
    rows: dict[str, list[Struck]] = {}
    for each in sorted(struck, key=lambda one: one.began):
        rows.setdefault(each.fault.name, []).append(each)
    drawn = Table(title="faults survived", title_justify="left")
    for heading in (
        "fault",
        "times",
        "after",
        "lasted",
        "under way",
        "back after",
        "all of that ended after",
    ):
        drawn.add_column(heading, justify="left" if heading in {"fault", "under way"} else "right")
    for name, times in rows.items():
        drawn.add_row(
            name,
            str(len(times)),
            ", ".join(f"{each.began - began:.0f} s" for each in times),
            _longest(each.mended - each.began for each in times),
            str(max((each.under_way for each in times), key=lambda one: len(one.runs) + len(one.heads))),
            _longest(each.back - each.mended for each in times),
            _longest(caught_up_at(repository, each) - each.mended for each in times),
        )
    return drawn


def counted(seen: Evidence) -> str:
    """How much there was of everything."""
    ends = Counter(log.status.value for log in seen.logs if log.status is not None)
    lines = sum(len(log.lines) for log in seen.logs)
    return (
        f"{len(seen.pulls)} pull requests, {len(seen.deliveries)} events, {len(seen.workflows)} workflows, "
        f"{len(seen.runs)} check runs, {len(seen.logs)} attempts "
        f"({', '.join(f'{count} {status}' for status, count in ends.most_common())}) of {lines} lines"
    )


def _decided_at(repository: Repository, sha: str) -> float | None:
    for status in statuses_of(repository, sha):
        if status.context == EVALUATION_CONTEXT and status.state != "pending":
            return status.created_at.timestamp()
    return None


def _longest(seconds: Iterable[float]) -> str:
    return f"{max(0.0, *seconds):.1f} s"
