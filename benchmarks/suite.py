"""All benchmarks, by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks import comments, load, log, memory, merge, webhook, workflow, workspace
from benchmarks.ground import Ground
from benchmarks.measurement import Measured
from tickborg.errors import RefusedError


@dataclass(frozen=True)
class Benchmark:
    """Something to measure."""

    summary: str
    measure: Callable[[Ground], list[Measured]]


BENCHMARKS: Mapping[str, Benchmark] = {
    module.NAME: Benchmark((module.__doc__ or "").split("\n", 1)[0], module.measure)
    for module in (webhook, load, merge, workspace, workflow, comments, log, memory)
}


def chosen(names: str) -> Iterator[str]:
    """The benchmarks that a person named, with commas between them; all where none is named.

    Raises:
        RefusedError: there is no such benchmark.
    """
    for name in filter(None, names.split(",")) if names else BENCHMARKS:
        if name not in BENCHMARKS:
            raise RefusedError(f"there is no benchmark {name}; there are {', '.join(BENCHMARKS)}")
        yield name
