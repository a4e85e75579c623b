"""What needs what among projects, followed to the end (design, section 7)."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from tickborg.projects import Project, ProjectSet


def needs_of(projects: ProjectSet, name: str) -> tuple[Project, ...]:
    """Every project that the one called ``name`` needs, directly or not, in the order of the project file.

    Names of no project are passed over; a project in a circle does not need itself.
    """
    edges = {project.name: project.needs for project in projects.projects}
    return _chosen(projects, _reached(edges, [name]) - {name})


def with_needs(projects: ProjectSet, names: Collection[str]) -> ProjectSet:
    """The projects called ``names`` and all that they need, directly or not, without checks."""
    edges = {project.name: project.needs for project in projects.projects}
    return ProjectSet(projects=_chosen(projects, _reached(edges, names) | set(names)))


def dependents_of(projects: ProjectSet, names: Iterable[str]) -> tuple[Project, ...]:
    """Every project that needs one of ``names``, directly or not, in the order of the project file.

    Those of ``names`` that need another of them are dependents too.
    """
    edges: dict[str, list[str]] = {}
    for project in projects.projects:
        for needed in project.needs:
            edges.setdefault(needed, []).append(project.name)
    return _chosen(projects, _reached(edges, names))


def cycle_in(edges: Mapping[str, Collection[str]]) -> tuple[str, ...] | None:
    """A way from a name back to itself, its first name repeated at its end; None if there is none.

    Iterative: a long chain of needs must not exhaust the stack.
    """
    done: set[str] = set()
    for start in edges:
        trail: dict[str, Iterator[str]] = {}
        current: str | None = start
        while current is not None:
            if current in trail:
                names = list(trail)
                return (*names[names.index(current) :], current)
            if current not in done:
                trail[current] = iter(edges.get(current, ()))
            current = _next_on(trail, done)
    return None


def _next_on(trail: dict[str, Iterator[str]], done: set[str]) -> str | None:
    """The next name to visit from the end of ``trail``, which is shortened by what is seen to its end."""
    while trail:
        last = next(reversed(trail))
        following = next(trail[last], None)
        if following is not None:
            return following
        done.add(last)
        del trail[last]
    return None


def _reached(edges: Mapping[str, Collection[str]], names: Iterable[str]) -> set[str]:
    """What can be reached from ``names`` in one step or more."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        for following in edges.get(waiting.pop(), ()):
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return reached


def _chosen(projects: ProjectSet, names: Collection[str]) -> tuple[Project, ...]:
    return tuple(project for project in projects.projects if project.name in names)
