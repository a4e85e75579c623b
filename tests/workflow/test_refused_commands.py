"""Commands that are not for everybody, by who is neither the author nor may push (design, section 6)."""

import pytest

from tests.support import asking
from tests.support.workflow_bench import Bench
from tickborg.github import CheckConclusion, CheckStatus


@pytest.mark.parametrize("command", ["cancel", "cancel cgit"])
async def test_a_stranger_cancels_nothing(bench: Bench, command: str) -> None:
    """That is said; the build goes on, and is the only one."""
    bench.floor.hold("cgit")
    await bench.open("cgit")
    await bench.until_check_run("cgit", CheckStatus.IN_PROGRESS)
    answer = await asking.answer_to(bench, await asking.comment(bench, f"@tickbot {command}", by="eve"))
    assert "author of the pull request and people who may push" in answer
    bench.floor.release("cgit")
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    histories = await bench.end()
    assert [len(histories.of(kind)) for kind in ("Evaluation", "Build")] == [1, 1]
