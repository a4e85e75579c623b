"""Every benchmark runs; how fast is for nobody to test."""

from pathlib import Path

import pytest

from benchmarks.ground import TINY, Ground
from benchmarks.suite import BENCHMARKS
from tests.support.broker import RabbitMQNode


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_what_it_says(name: str, rabbitmq: RabbitMQNode, tmp_path: Path) -> None:
    """On a small monorepo and a few times; each row has its values, and so has what it is compared with."""
    measured = BENCHMARKS[name].measure(Ground(tmp_path, TINY, rabbitmq.url))
    assert {each.benchmark for each in measured} == {name}
    samples = [sample for each in measured for sample in (each.ours, *each.within, *each.beside)]
    assert all(sample.values and min(sample.values) > 0 for sample in samples)
