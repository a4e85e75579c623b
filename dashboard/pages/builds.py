"""Builds on a page: a table of projects and systems, why each was or was not built, how to reproduce it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.markup import NOTHING, Content, Html, element, link, prose, shell, together
from dashboard.pages.moments import age, since
from dashboard.pages.page import mark, section
from dashboard.pages.verdicts import Tone
from tickborg.jobs import BuildMode, BuildStage, SkippedBuild
from tickborg.systems import System
from tickborg.texts.durations import spoken
from tickborg.texts.wording import short_sha
from tickborg.views import BuildView

_DASH = "\N{EN DASH}"
_NOT_HERE = f"{_DASH}: not built there, since neither the project file nor anybody who asked wants it"


@dataclass(frozen=True)
class Builds:
    """What is shown of builds, and when.

    Args:
        builds: those of a pull request or branch.
        skipped: those that were not made.
        head_sha: the newest commit; builds of others are marked as such.
        reproduction: the commands that do at home what a build did.
        now: the time.
        heading: what stands over the table.
    """

    builds: tuple[BuildView, ...]
    skipped: tuple[SkippedBuild, ...]
    head_sha: str | None
    reproduction: Callable[[BuildView], Sequence[str]]
    now: datetime
    heading: str = "Builds"

    def sections(self, addresses: Addresses) -> Html:
        """All there is to say, under headings."""
        notes = _Reasons("note", ((_name(build), build.reason) for build in self.builds))
        not_built = _Reasons("not-built", ((_skipped_name(each), each.reason) for each in self.skipped))
        table = _Table(self, notes, not_built, addresses)
        return together(
            section(self.heading, table.html()),
            section("Notes", notes.html()),
            section("Not built", not_built.html()),
            section("How to reproduce it", self._reproductions()),
        )

    def _reproductions(self) -> Content:
        """The commands of every build that went wrong."""
        wrong = [build for build in self.builds if verdicts.of_build(build).tone in {Tone.BAD, Tone.BROKEN}]
        ran = [(build, self.reproduction(build)) for build in wrong]
        shown = [(build, commands) for build, commands in ran if commands]
        return [
            to_reproduce(_name(build), build.failed_command, commands, opened=len(shown) == 1)
            for build, commands in shown
        ]


class _Reasons:
    """Each reason once, with all that it is the reason of, and an anchor that leads to it."""

    def __init__(self, prefix: str, named: Iterable[tuple[str, str]]) -> None:
        self._prefix = prefix
        self._names: dict[str, list[str]] = {}
        for name, reason in named:
            if reason:
                self._names.setdefault(reason, []).append(name)

    def link(self, reason: str) -> Content:
        """The way to a reason; nothing where there is none."""
        return link(f"#{self._anchor(reason)}", "why") if reason else None

    def html(self) -> Content:
        """All reasons."""
        if not self._names:
            return None
        rows = (
            element("div", element("dt", tags(names)), element("dd", prose(reason)), id=self._anchor(reason))
            for reason, names in self._names.items()
        )
        return element("dl", rows, class_="reasons")

    def _anchor(self, reason: str) -> str:
        return f"{self._prefix}-{list(self._names).index(reason) + 1}"


@dataclass(frozen=True)
class _Table:
    """Projects by systems."""

    of: Builds
    notes: _Reasons
    not_built: _Reasons
    addresses: Addresses

    def html(self) -> Content:
        """The table, and what a dash means if there is one; nothing without builds."""
        if not self.of.builds:
            return None
        head = element("tr", element("th"), [element("th", system, scope="col") for system in self._systems])
        body = together(map(self._row, self._rows))
        table = element("table", element("thead", head), element("tbody", body))
        region = element("div", table, class_="wide", tabindex="0", role="region", aria_label="builds")
        legend = element("p", _NOT_HERE, class_="legend") if _NO_BUILD in body else None
        return region, legend

    @property
    def _rows(self) -> list[str]:
        return sorted(
            {build.project for build in self.of.builds} | {each.project for each in self.of.skipped}
        )

    @property
    def _systems(self) -> list[System]:
        mentioned = {build.system for build in self.of.builds} | {each.system for each in self.of.skipped}
        return [system for system in System if system in mentioned]

    def _row(self, name: str) -> Html:
        cells = (element("td", self._cell(name, system)) for system in self._systems)
        return element("tr", element("th", name, scope="row"), cells)

    def _cell(self, name: str, system: System) -> Content:
        builds = [build for build in self.of.builds if (build.project, build.system) == (name, system)]
        if builds:
            return [self._build(build) for build in builds]
        for skipped in self.of.skipped:
            if skipped.project == name and skipped.system in {None, system}:
                why = self.not_built.link(skipped.reason)
                return element("div", mark(verdicts.NOT_BUILT), dotted([why]), class_="build")
        return _NO_BUILD

    def _build(self, build: BuildView) -> Html:
        log = link(self.addresses.log(build.attempt_id), "log") if build.attempt_id else None
        why = self.notes.link(build.reason)
        kind = "tests" if build.mode is BuildMode.TEST else None
        details = (kind, self._head(build), self._time(build), build.builder, log, why)
        return element("div", mark(verdicts.of_build(build)), dotted(details), class_="build")

    def _head(self, build: BuildView) -> Content:
        """Which commit is built, where that is not the newest."""
        if build.head_sha is None or build.head_sha == self.of.head_sha:
            return None
        return ("of ", element("code", short_sha(build.head_sha)))

    def _time(self, build: BuildView) -> Content:
        match build.stage:
            case BuildStage.DONE:
                return spoken(build.duration) if build.duration else None
            case BuildStage.RUNNING:
                return f"for {age(build.started_at or build.wanted_at, self.of.now)}"
            case _:
                return since(build.wanted_at, self.of.now)


_NO_BUILD = element("span", _DASH, class_="faint", title=_NOT_HERE)


def tags(names: Iterable[str]) -> Content:
    """Names, each in a frame of its own."""
    return [element("span", name, class_="name") for name in names]


def _name(build: BuildView) -> str:
    return f"{build.project} on {build.system}"


def _skipped_name(skipped: SkippedBuild) -> str:
    return f"{skipped.project} on {skipped.system}" if skipped.system else skipped.project


def dotted(details: Iterable[Content]) -> Html:
    """Details below what they are of; nothing where there are none."""
    return element("small", list(_parted(details))) if any(details) else NOTHING


def _parted(details: Iterable[Content]) -> Iterator[Content]:
    present = [detail for detail in details if detail]
    for place, detail in enumerate(present):
        yield (" · ", detail) if place else detail


def to_reproduce(
    what: str, failed_command: str | None, commands: Sequence[str], *, opened: bool = False
) -> Html:
    """The commands that do at home what a builder did, folded up unless ``opened``."""
    failed = (": ", element("code", failed_command), " failed") if failed_command else None
    introduction = element("p", "In a clone of the repository:")
    return element("details", element("summary", what, failed), introduction, shell(commands), open=opened)
