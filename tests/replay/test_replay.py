"""Histories of real runs, replayed: does the code at hand decide as it did when they were recorded?"""

import ast
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio import workflow

import workflows
from cli.replay import Replayed, from_files, read_history, replay
from tests.replay.asked import asked_again, asked_then
from tests.replay.record import BEFORE_PATCHES, DIVERGING, RECORDED, recorded
from tickborg import names
from tickborg.errors import RefusedError

HISTORIES = list(recorded())
SAME = [path for path in HISTORIES if path.stem != DIVERGING]
OF_THIS_VERSION = [path for path in SAME if path.stem not in BEFORE_PATCHES.values()]
WORKFLOWS = Path(workflows.__file__).parent


async def replayed(*paths: Path) -> list[Replayed]:
    """How each replay went."""
    return [each async for each in replay(from_files(paths))]


def patches_of(source: str) -> Iterator[str]:
    """What ``workflow.patched`` is asked for in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "workflow.patched":
            yield ast.literal_eval(node.args[0])


def test_every_workflow_of_every_scene_is_recorded() -> None:
    """A scene whose histories are missing would be a gate that stands open."""
    found: dict[str, Counter[str]] = {}
    for path in OF_THIS_VERSION:
        scene, _, kind = path.stem.split("-")
        found.setdefault(scene, Counter())[kind] += 1
    assert found == RECORDED


def test_every_workflow_that_there_is_has_been_recorded() -> None:
    """One that nobody replays may change unnoticed."""
    there_are = {value.lower() for name, value in vars(names).items() if name.endswith("_WORKFLOW")}
    assert there_are == {kind for kinds in RECORDED.values() for kind in kinds}


def test_every_patch_has_a_history_from_before_it() -> None:
    """Without one nobody would notice that runs which began before it are not carried on."""
    patches = {patch for path in WORKFLOWS.glob("*.py") for patch in patches_of(path.read_text())}
    assert patches == set(BEFORE_PATCHES)
    assert set(BEFORE_PATCHES.values()) <= {path.stem for path in SAME}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_is_of_a_real_run(path: Path) -> None:
    """One made by hand lacks what the SDK notes in it, and proves nothing."""
    assert "sdkMetadata" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SAME, ids=lambda path: path.stem)
async def test_the_code_decides_as_it_did(path: Path) -> None:
    """A workflow that runs while a new version is deployed is continued by it."""
    assert [each.divergence for each in await replayed(path)] == [None]


@pytest.mark.parametrize("path", OF_THIS_VERSION, ids=lambda path: path.stem)
async def test_the_code_asks_for_the_same(path: Path) -> None:
    """On the same queues, with the same time-outs, and with arguments of the same fields."""
    history = read_history(path)
    again = await asked_again(history)
    assert again == asked_then(history, again), "if that is meant: python -m tests.replay.record"


@pytest.mark.parametrize("name", BEFORE_PATCHES.values())
async def test_a_run_from_before_a_patch_needs_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the patch it would not be carried on as it was begun, which is noticed."""
    [path] = (path for path in SAME if path.stem == name)
    monkeypatch.setattr(workflow, "patched", lambda _patch: True)
    [result] = await replayed(path)
    assert "ondeterminis" in (result.divergence or "")


async def test_another_decision_is_noticed() -> None:
    """The check is known to bite."""
    diverging = next(path for path in HISTORIES if path.stem == DIVERGING)
    (result,) = await replayed(diverging)
    assert result.divergence is not None
    assert "ondeterminis" in result.divergence


async def test_a_history_as_tctl_writes_it_is_read_too(tmp_path: Path) -> None:
    """Tctl names event types as ``WorkflowExecutionStarted``, and the newer CLI as ``EVENT_TYPE_…``."""
    history = json.loads(SAME[0].read_text(encoding="utf-8"))
    for event in history["events"]:
        words = event["eventType"].removeprefix("EVENT_TYPE_").split("_")
        event["eventType"] = "".join(word.capitalize() for word in words)
    path = tmp_path / "tctl.json"
    path.write_text(json.dumps(history), encoding="utf-8")
    assert [each.divergence for each in await replayed(path)] == [None]


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '{"events": [{"eventId": "x"}]}'])
def test_what_is_no_history_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """An operator who names the wrong file reads which, and how to get the right one."""
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError, match=r"wrong\.json .*temporal workflow show"):
        read_history(path)


def test_a_file_that_is_not_there_is_named() -> None:
    """And no traceback is shown."""
    with pytest.raises(RefusedError, match=r"nowhere\.json cannot be read"):
        read_history(Path("nowhere.json"))
