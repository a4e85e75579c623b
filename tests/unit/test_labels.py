"""Which labels a pull request has of the bot (design, section 8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import REPO, project_set
from tickborg.labels import INTERNAL_ERROR_LABEL, label_change, may_be_ours, wanted_labels
from tickborg.projects import ChangeFacts

PROJECTS = project_set("meshmc", "libnbt++", "cgit")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Fix meshmc", {"project: meshmc"}),
        ("Fix MeshMC.", {"project: meshmc"}),
        ("feat(meshmc): x", {"project: meshmc"}),
        ("meshmc/cgit: x", {"project: meshmc", "project: cgit"}),
        ("Fix libnbt++, at last", {"project: libnbt++"}),
        ("Fix meshmc-tests and xmeshmc", set()),
        ("Build on Darwin", {"platform: macos"}),
        ("Build on macOS", {"platform: macos"}),
        ("aarch64-darwin: x", {"platform: macos"}),
        ("Windows paths", {"platform: windows"}),
        ("Fix windowsill", set()),
        ("", set()),
    ],
)
def test_a_title_names_projects_and_platforms_by_whole_words(title: str, expected: set[str]) -> None:
    """In any case, with whatever punctuation around."""
    assert wanted_labels(title, ChangeFacts(), PROJECTS) == expected


def test_touched_projects_and_areas_are_labelled() -> None:
    """What a change touches is labelled whatever its title is."""
    changes = ChangeFacts(touched=("cgit",), areas=("ci", "docs", "root"))
    expected = {"project: cgit", "scope: ci", "scope: docs", "scope: root"}
    assert wanted_labels("x", changes, PROJECTS) == expected


LABELS = st.sets(st.sampled_from(["project: a", "project: b", "scope: ci", "bug"]))


def changed(present: set[str], added: set[str], wanted: set[str]) -> tuple[set[str], tuple[str, ...]]:
    """The labels after a change, and those that are the bot's."""
    change, ours = label_change(REPO, 7, present, added, wanted)
    return (present | set(change.add)) - set(change.remove), ours


@given(present=LABELS, added=LABELS, wanted=LABELS)
def test_a_second_change_has_nothing_to_do(present: set[str], added: set[str], wanted: set[str]) -> None:
    """What was put right stays right, however often it is put right again."""
    after, ours = changed(present, added, wanted)
    change, again = label_change(REPO, 7, after, set(ours), wanted)
    assert (change.add, change.remove, again) == ((), (), ours)


@given(present=LABELS, added=LABELS, wanted=LABELS)
def test_labels_of_people_stay(present: set[str], added: set[str], wanted: set[str]) -> None:
    """Nothing that the bot did not add is removed, or claimed."""
    after, ours = changed(present, added, wanted)
    assert present - added <= after
    assert not (present - added) & set(ours)


@given(present=LABELS, added=LABELS, wanted=LABELS)
def test_labels_of_the_bot_are_the_wanted_ones(present: set[str], added: set[str], wanted: set[str]) -> None:
    """Every wanted label is there unless a person took it off, and none of the bot's that is not wanted."""
    after, _ = changed(present, added, wanted)
    assert wanted - after == (wanted & added) - present
    assert not (after & added) - wanted


def test_labels_are_the_same_in_any_case() -> None:
    """GitHub would answer a label in other case with the one there is."""
    change, ours = label_change(REPO, 7, {"Scope: CI", "SCOPE: docs"}, {"scope: docs"}, {"scope: ci"})
    assert (change.add, change.remove, ours) == ((), ("scope: docs",), ())


def test_that_the_bot_has_failed_is_always_the_bots_to_take_back() -> None:
    """Whoever has forgotten that it put the label there: nobody else does."""
    change, added = label_change(REPO, 7, {INTERNAL_ERROR_LABEL, "project: cgit"}, set(), set())
    assert (change.remove, added) == ((INTERNAL_ERROR_LABEL,), ())


@pytest.mark.parametrize(
    ("label", "ours"),
    [
        ("project: cgit", True),
        ("Scope: CI", True),
        ("platform: windows", True),
        (INTERNAL_ERROR_LABEL, True),
        ("projects", False),
        ("help wanted", False),
    ],
)
def test_the_bots_labels_are_known_by_how_they_are_named(label: str, *, ours: bool) -> None:
    """Whether the bot put one there has to be asked."""
    assert may_be_ours(label) is ours
