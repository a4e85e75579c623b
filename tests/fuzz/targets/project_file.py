"""A ``.tickborg.toml``, read for a tree in which everything is there, and for one in which nothing is."""

from functools import partial
from time import process_time

from tickborg.changes import change_facts
from tickborg.graph import needs_of
from tickborg.places import NOWHERE, Place, PlaceKind
from tickborg.project_file import ProjectFileError, read_project_file

SECONDS = 2.0
_FULL = Place(PlaceKind.FOLDER, {"Makefile": PlaceKind.FILE})


def check(data: bytes) -> None:
    """Read it, whatever it is; what can be used has an order, what cannot says why in printable lines."""
    for place in (_FULL, NOWHERE):
        began = process_time()
        try:
            read = read_project_file(data, partial(_anywhere, place))
        except ProjectFileError as error:
            for line in str(error).splitlines():
                assert line.strip()
            str(error).encode()
        else:
            for project in read.projects.projects:
                needs_of(read.projects, project.name)
            change_facts(read.projects, [b"meshmc/main.c", b"\xff"], ["meshmc: mend"])
            assert read.projects.model_validate_json(read.projects.model_dump_json()) == read.projects
        assert process_time() - began < SECONDS


def _anywhere(place: Place, _path: str) -> Place:
    return place
