"""Reading ``.tickborg.toml``, and saying all that is wrong with one at once (design, section 7)."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from tickborg.build_systems import BUILD_FILES, detect
from tickborg.errors import RefusedError
from tickborg.graph import cycle_in
from tickborg.places import ROOT, Place, PlaceKind
from tickborg.project_entries import CheckEntry, Entry, ProjectEntry
from tickborg.project_faults import Fault, in_words, key_of, reason_of
from tickborg.projects import PROJECT_FILE, BuildSystem, Check, Project, ProjectSet
from tickborg.spelling import did_you_mean, quoted
from tickborg.toml_lines import TomlLines

SIZE_LIMIT = 512 * 1024
"""Bytes. What is read from the file is carried in histories, whose payloads end at 2 MiB."""

_PROJECT = "project"
_CHECK = "check"
_ARRAYS = (_PROJECT, _CHECK)
_PLACE = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)\Z")
_CONFIGURED = frozenset({BuildSystem.CMAKE, BuildSystem.MESON, BuildSystem.AUTOTOOLS})
"""Those with a configure step, of :func:`tickborg.build_systems.commands`."""

_NO_FOLDERS = {
    PlaceKind.FILE: "is a file",
    PlaceKind.LINK: "is a symbolic link or leads through one",
}
"""What a project's path must not be: nothing that changes is at such a path."""

E = TypeVar("E", bound=Entry)


class ProjectFileError(RefusedError):
    """A project file cannot be used. The message has a line for each fault: file, line, key and reason."""


LookAt = Callable[[str], Place]
"""What stands at a normalised path of the tree that a project file belongs to."""


@dataclass(frozen=True)
class ProjectFile:
    """What a project file says."""

    projects: ProjectSet
    named: frozenset[str]
    """The projects that name their build system; those of the others were detected."""


def read_project_file(text: bytes, look_at: LookAt) -> ProjectFile:
    """Read a ``.tickborg.toml``; ``look_at`` tells of the same tree.

    Raises:
        ProjectFileError: the file cannot be used.
    """
    source = _decoded(text)
    document = _parsed(source)
    reading = _Reading(document, look_at)
    projects = tuple(reading.projects())
    checks = tuple(reading.checks())
    if reading.faults:
        raise ProjectFileError(in_words(reading.faults, TomlLines(source, document)))
    return ProjectFile(ProjectSet(projects=projects, checks=checks), frozenset(reading.named))


@dataclass(frozen=True)
class _Table(Generic[E]):
    """A table of an array that can be read."""

    index: int
    entry: E


class _Reading:
    """One pass over a document, which notes faults and goes on."""

    def __init__(self, document: Mapping[str, object], look_at: LookAt) -> None:
        self.faults: list[Fault] = []
        self.named: set[str] = set()
        """Those of :meth:`projects` so far that name their build system."""
        self._look_at = look_at
        self._refuse_unknown_keys(document)
        self._raw = {array: self._tables_of(document, array) for array in _ARRAYS}
        self._names = {
            array: [_text(table.get("name")) for table in tables] for array, tables in self._raw.items()
        }

    def projects(self) -> Iterator[Project]:
        """The projects that can be read; what is wrong with the others is noted."""
        self._refuse_doubles(_PROJECT)
        self._refuse_bad_needs()
        for table in self._entries(_PROJECT, ProjectEntry):
            build_system = self._build_system(table)
            if build_system is not None:
                self._refuse_idle_keys(table, build_system)
                self._refuse_repetition(table)
                yield _project(table.entry, build_system)

    def checks(self) -> Iterator[Check]:
        """The checks that can be read; what is wrong with the others is noted."""
        self._refuse_doubles(_CHECK)
        for table in self._entries(_CHECK, CheckEntry):
            entry = table.entry
            yield Check(name=entry.name, command=tuple(entry.command), gate=entry.gate)

    def _entries(self, array: str, kind: type[E]) -> Iterator[_Table[E]]:
        for index, raw in enumerate(self._raw[array]):
            try:
                yield _Table(index, kind.model_validate(raw))
            except ValidationError as error:
                for details in error.errors():
                    self._note(array, index, key_of(details), reason_of(details, kind))

    def _tables_of(self, document: Mapping[str, object], array: str) -> list[Mapping[str, object]]:
        """The tables of ``array`` as they are written."""
        value = document.get(array, [])
        if isinstance(value, list) and all(isinstance(table, dict) for table in value):
            return value
        self.faults.append(Fault(f"must be tables, each of which begins with [[{array}]]", key=array))
        return []

    def _note(self, array: str, index: int, key: str, reason: str) -> None:
        self.faults.append(Fault(reason, array, index, self._names[array][index], key))

    def _refuse_unknown_keys(self, document: Mapping[str, object]) -> None:
        for key in document:
            if key not in _ARRAYS:
                meant = did_you_mean(key, _ARRAYS) or "; a file has [[project]] and [[check]]"
                self.faults.append(Fault(f"is not known{meant}", key=key))

    def _refuse_doubles(self, array: str) -> None:
        first: dict[str, int] = {}
        for index, name in enumerate(self._names[array]):
            other = first.setdefault(name.casefold(), index)
            if name and other != index:
                taken = f"is taken by {array} number {other + 1}, in any case; choose another"
                self._note(array, index, "name", f"{quoted(name)} {taken}")

    def _refuse_bad_needs(self) -> None:
        """Name the needs that are no projects, and the first circle: once it is broken, see the next."""
        names = self._names[_PROJECT]
        needs = [_words(table.get("needs")) for table in self._raw[_PROJECT]]
        for index, needed in ((index, name) for index, wanted in enumerate(needs) for name in wanted):
            if needed not in names:
                self._note(
                    _PROJECT, index, "needs", f"no project {quoted(needed)}{did_you_mean(needed, names)}"
                )
        cycle = cycle_in(dict(zip(names, needs, strict=True)))
        if cycle is not None:
            # Of two projects of one name, which is a fault of its own, the last is the one looked at.
            index = len(names) - 1 - names[::-1].index(cycle[0])
            circle = " needs ".join(cycle)
            self._note(_PROJECT, index, "needs", f"goes round in a circle: {circle}; leave one out")

    def _build_system(self, table: _Table[ProjectEntry]) -> BuildSystem | None:
        entry = table.entry
        place = self._look_at(entry.path)
        if place.kind in _NO_FOLDERS:
            reason = f"{quoted(entry.path)} {_NO_FOLDERS[place.kind]}; name the folder itself"
            self._note(_PROJECT, table.index, "path", reason)
            return None
        if entry.build_system is not None:
            self.named.add(entry.name)
            return entry.build_system
        found = None if entry.command else detect(place.files)
        if found is None:
            reason = f"is missing{self._why_undetected(entry, place)}"
            self._note(_PROJECT, table.index, "build-system", reason)
        return found

    def _why_undetected(self, entry: ProjectEntry, place: Place) -> str:
        """The end of a sentence about a build system that is not named."""
        if entry.command:
            return '; a project with a command is "custom"'
        if place.kind is PlaceKind.NOTHING:
            above, slash, _ = entry.path.rpartition("/")
            beside = [f"{above}{slash}{name}" for name in self._look_at(above or ROOT).folders]
            return f", and there is no folder {quoted(entry.path)}{did_you_mean(entry.path, beside)}"
        if place.kind is PlaceKind.SUBMODULE:
            return f", and {quoted(entry.path)} is a submodule, whose files are in another repository"
        looked_for = ", ".join(name for _, names in BUILD_FILES for name in sorted(names))
        return f", and {quoted(entry.path)} has none of {looked_for}"

    def _refuse_repetition(self, table: _Table[ProjectEntry]) -> None:
        entry = table.entry
        for key, words in (("also", entry.also), ("needs", entry.needs), ("systems", entry.systems or [])):
            for word in (word for word, count in Counter(words).items() if count > 1):
                self._note(_PROJECT, table.index, key, f"names {quoted(word)} twice; once is enough")

    def _refuse_idle_keys(self, table: _Table[ProjectEntry], build_system: BuildSystem) -> None:
        """What would be passed over in silence is a misunderstanding."""
        entry = table.entry
        custom = build_system is BuildSystem.CUSTOM
        if custom and not entry.command.strip():
            self._note(_PROJECT, table.index, "command", 'is missing; build-system "custom" runs it')
        if entry.command and not custom:
            self._note(
                _PROJECT, table.index, "command", f'is for build-system "custom", and this is {build_system}'
            )
        if entry.configure_args and build_system not in _CONFIGURED:
            self._note(
                _PROJECT, table.index, "configure-args", f"has no use: {build_system} has no configure step"
            )
        if entry.build_args and custom:
            self._note(_PROJECT, table.index, "build-args", "has no use: write them into command")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(value: object) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []


def _decoded(text: bytes) -> str:
    if len(text) > SIZE_LIMIT:
        raise ProjectFileError(f"{PROJECT_FILE}: has {len(text):,} bytes; at most {SIZE_LIMIT:,} are read")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise ProjectFileError(f"{PROJECT_FILE} line {line}: is not UTF-8") from None


def _parsed(source: str) -> dict[str, object]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ProjectFileError(_syntax_in_words(str(error), source)) from None
    except RecursionError:
        raise ProjectFileError(f"{PROJECT_FILE}: is nested too deeply") from None


def _syntax_in_words(message: str, source: str) -> str:
    """A message of tomllib's, which ends in ``(at line 3, column 5)`` or ``(at end of document)``."""
    place = _PLACE.search(message)
    if place is None:
        return f"{PROJECT_FILE}: is not TOML: {message}"
    line, column = place.groups()
    where = f"line {line}, column {column}" if line else f"line {source.count(chr(10)) + 1}, at its end"
    return f"{PROJECT_FILE} {where}: is not TOML: {message[: place.start()]}"


def _project(entry: ProjectEntry, build_system: BuildSystem) -> Project:
    return Project(
        name=entry.name,
        path=entry.path,
        also=tuple(entry.also),
        needs=tuple(entry.needs),
        build_system=build_system,
        configure_args=tuple(entry.configure_args),
        build_args=tuple(entry.build_args),
        command=entry.command,
        test_command=tuple(entry.test_command),
        timeout=entry.timeout,
        systems=None if entry.systems is None else tuple(entry.systems),
        network=entry.network,
    )
