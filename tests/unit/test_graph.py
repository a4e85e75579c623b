"""What needs what, followed to the end (design, section 7)."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import project, project_set
from tickborg.graph import cycle_in, dependents_of, needs_of
from tickborg.projects import Project, ProjectSet

EDGES = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=3))


def named(projects: tuple[Project, ...]) -> list[str]:
    """The names of ``projects``, in order."""
    return [each.name for each in projects]


def built_from(edges: dict[str, list[str]]) -> ProjectSet:
    """Projects with the needs that ``edges`` names."""
    return project_set(*(project(name, needs=tuple(needs)) for name, needs in edges.items()))


def closure(edges: dict[str, list[str]], starts: set[str]) -> set[str]:
    """The naive model: add what is needed until nothing is added."""
    reached = {needed for start in starts for needed in edges.get(start, ())}
    while True:
        more = reached | {needed for name in reached for needed in edges.get(name, ())}
        if more == reached:
            return reached
        reached = more


@given(edges=EDGES, name=st.sampled_from("abcdef"))
def test_needs_are_the_naive_closure(edges: dict[str, list[str]], name: str) -> None:
    """All that is reached from a project is needed, but for itself and for names of no project."""
    expected = (closure(edges, {name}) - {name}) & set(edges)
    assert set(named(needs_of(built_from(edges), name))) == expected


@given(edges=EDGES, names=st.sets(st.sampled_from("abcdef")))
def test_dependents_are_the_naive_closure_backwards(edges: dict[str, list[str]], names: set[str]) -> None:
    """Who needs a project is who reaches it."""
    expected = {name for name in edges if closure(edges, {name}) & names}
    assert set(named(dependents_of(built_from(edges), names))) == expected


@given(edges=EDGES)
def test_a_circle_is_found_exactly_where_a_name_reaches_itself(edges: dict[str, list[str]]) -> None:
    """The circle named is a way along the needs, and none is named where there is none."""
    cycle = cycle_in(edges)
    assert (cycle is not None) == any(name in closure(edges, {name}) for name in edges)
    if cycle is not None:
        assert cycle[0] == cycle[-1]
        assert all(after in edges[before] for before, after in pairwise(cycle))


def test_the_order_is_that_of_the_project_file() -> None:
    """However the needs are written, the same file gives the same order."""
    projects = project_set("z", "m", project("a", needs=("m", "z")), project("b", needs=("a",)))
    assert named(needs_of(projects, "b")) == ["z", "m", "a"]
    assert named(dependents_of(projects, ["z"])) == ["a", "b"]


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    """Ten thousand projects in a row are followed, and found to be no circle."""
    edges = {f"p{n}": [f"p{n + 1}"] for n in range(10_000)} | {"p10000": []}
    assert len(needs_of(built_from(edges), "p0")) == 10_000
    assert cycle_in(edges) is None
