"""What an owner remembers of the builds it started (design, section 3)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice

from pydantic import BaseModel, TypeAdapter, field_serializer, field_validator

from tickborg.external_ids import BuildReference
from tickborg.github import RepositoryName
from tickborg.jobs import (
    BuildMode,
    BuildOutcome,
    BuildProgress,
    BuildResult,
    BuildStage,
    PlannedBuild,
)
from tickborg.policy import Policy
from tickborg.projects import Project
from tickborg.sources import Source
from tickborg.systems import System
from tickborg.texts.shortening import REASON_LIMIT, shorten
from tickborg.values import Terse
from tickborg.views import BuildView

REDELIVERY_SPAN = timedelta(days=4)
"""GitHub keeps deliveries for three days, and may be asked to repeat any of them."""

DELIVERIES_LIMIT = 4_000
"""Deliveries that are remembered; some 300 KB."""

BUILDS_LIMIT = 2_500
"""Builds that are remembered, in 1 MB at most: those of 300 projects on seven systems are 2,100."""

REASONS_LIMIT = 200_000
"""Characters that all builds together may say of why they ended so; of very many, each says less."""

REPRODUCTIONS_LIMIT = 100
"""Builds that went wrong whose commands are remembered, of no more than so many characters each."""

COMMANDS_LIMIT = 4_000

_WENT_WRONG = frozenset({BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT, BuildOutcome.UNEXPECTED_ERROR})


class BuildRecord(Terse):
    """One build of an owner's. What it is made of is kept once for all of a commit, in its source."""

    n: str | None = None
    """Its number; None: it has not been started."""
    view: BuildView
    asked: bool = False
    """Whether a person asked for it."""
    failed: bool = False
    """Whether it could not be done at all: the bot has failed, for good."""
    ended: int = 0
    """The how many-th of its owner's builds it was to end; 0: it has not."""

    @property
    def planned(self) -> PlannedBuild:
        """What is built."""
        return PlannedBuild(project=self.view.project, system=self.view.system, mode=self.view.mode)

    @property
    def joinable(self) -> bool:
        """Whether an automatic build of the same thing is this one: it runs, or it has a true result."""
        return self.view.outcome in {None, BuildOutcome.SUCCESS, BuildOutcome.FAILURE, BuildOutcome.TIMED_OUT}

    @property
    def waits(self) -> bool:
        """Whether it is still to be started: others have to end first."""
        return self.n is None and not self.done

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.view.stage is BuildStage.DONE

    @property
    def started(self) -> bool:
        """Whether a builder is at work on it."""
        return self.view.stage is BuildStage.RUNNING

    def begin(self, n: str) -> None:
        """Take in that it has been started as ``n``."""
        self.n = n
        self.wait("")

    def put_off(self, reason: str) -> None:
        """Take in that it is to be started again."""
        self.n = None
        self.view = self.view.model_copy(
            update={"stage": BuildStage.QUEUED, "attempt_id": None, "builder": "", "started_at": None}
        )
        self.wait(reason)

    def wait(self, reason: str) -> None:
        """Take in why it is not started yet."""
        if self.view.reason != reason:
            self.view = self.view.model_copy(update={"reason": reason})

    def come_further(self, progress: BuildProgress) -> None:
        """Take in what the build says of itself."""
        if self.done:
            return
        self.view = self.view.model_copy(
            update={
                "stage": progress.stage,
                "reason": progress.reason,
                "attempt_id": progress.attempt_id,
                "builder": progress.builder,
                "started_at": progress.started_at,
            }
        )

    def end(self, result: BuildResult, words: int) -> None:
        """Take in how it ended, and why in at most so many characters."""
        self.view = self.view.model_copy(
            update={
                "stage": BuildStage.DONE,
                "outcome": result.outcome,
                "reason": shorten(result.reason, words),
                "attempt_id": result.attempt_id,
                "builder": result.builder,
                "started_at": None,
                "duration": result.duration,
            }
        )

    def reproduce(self, result: BuildResult, path: str) -> None:
        """Take in what a person has to do to see it go wrong as well."""
        self.view = self.view.model_copy(
            update={
                "path": path,
                "reproduce": result.commands,
                "failed_command": result.failed_command and shorten(result.failed_command, REASON_LIMIT),
            }
        )


def build_key(commit: str | None, build: PlannedBuild | BuildView) -> str:
    """What makes two builds of an owner the same one: (head, project, system, mode).

    ``commit`` is None where there is but one head. What was built on another base is forgotten with that.
    """
    return _key(commit, build, build.mode)


def _key(commit: str | None, build: PlannedBuild | BuildView, mode: BuildMode) -> str:
    return f"{commit or ''} {build.project} {build.system} {mode}"


_RECORDS = TypeAdapter(list[BuildRecord])


class OwnerMemory(BaseModel):
    """What the owner of a pull request and that of a branch both remember.

    It is one payload, as is what is shown of it, and Temporal takes none of more than 2 MiB. So all in it is
    bounded, and what is the same for many builds is in it once.
    """

    repo: RepositoryName
    policy: Policy = Policy()
    builds: dict[str, BuildRecord] = {}
    """By :func:`build_key`, in the order in which they were first wanted."""
    sources: dict[str, Source] = {}
    """What builds are made of, by their commit; empty: the head of a pull request."""
    seen: dict[str, datetime] = {}
    """Deliveries and comments, each with when it came: what comes again is done once."""
    children: int = 0
    """How many children were ever started, for their ids."""
    ends: int = 0
    """How many builds have ever ended."""

    @field_serializer("builds")
    def _written(self, builds: dict[str, BuildRecord]) -> list[BuildRecord]:
        return list(builds.values())

    @field_validator("builds", mode="plain")
    @classmethod
    def _read(cls, written: object) -> dict[str, BuildRecord]:
        if isinstance(written, dict):
            return written
        records = _RECORDS.validate_python(written)
        return {build_key(record.view.head_sha, record.view): record for record in records}

    def first_sight(self, delivery: str, now: datetime) -> bool:
        """Whether ``delivery`` is new; it is remembered for as long as GitHub may deliver it again."""
        if delivery in self.seen:
            return False
        self.forget_deliveries(now)
        self.seen[delivery] = now
        return True

    def forget_deliveries(self, now: datetime) -> None:
        """Let go of deliveries that will not come again, and of all but the last ones."""
        young = [(known, at) for known, at in self.seen.items() if now - at < REDELIVERY_SPAN]
        self.seen = dict(young[-DELIVERIES_LIMIT:])

    def add(self, source: Source, build: PlannedBuild, now: datetime, *, asked: bool) -> None:
        """Take in a build that is to be started; behind the last one, :meth:`forget_the_first`."""
        view = BuildView(
            project=build.project,
            system=build.system,
            mode=build.mode,
            head_sha=source.commit,
            wanted_at=now.replace(microsecond=0),
        )
        self.builds[build_key(source.commit, build)] = BuildRecord(view=view, asked=asked)

    def end(self, record: BuildRecord, result: BuildResult) -> None:
        """Take in how a build ended."""
        self.ends += 1
        record.ended = self.ends
        record.end(result, min(REASON_LIMIT, REASONS_LIMIT // max(1, len(self.builds))))
        project = self._project_of(record)
        if result.outcome in _WENT_WRONG and project is not None and self._may_remember(result.commands):
            record.reproduce(result, project.path)
        self.forget_the_first()

    def forget_the_first(self) -> None:
        """Of too many builds, let go of the first that ended."""
        done = (key for key, record in self.builds.items() if record.done)
        for key in list(islice(done, max(0, len(self.builds) - BUILDS_LIMIT))):
            del self.builds[key]

    def give_up_waiting(self, system: System, result: BuildResult, now: datetime) -> None:
        """Let what has waited for ``system`` as long as a build that found no builder end like that."""
        for record in self.unstarted():
            if record.view.system is system and now - record.view.wanted_at >= self.policy.builder_wait:
                self.end(record, result)

    def take_source(self, source: Source, builds: Collection[PlannedBuild]) -> None:
        """Take in what ``builds`` are made of."""
        used = source.of({build.project for build in builds})
        earlier = self.source_of(source.commit)
        if earlier is not None and earlier.merge.base_sha == source.merge.base_sha:
            used = used.joined_to(earlier)
        self.sources[source.commit or ""] = used

    def unstarted(self) -> list[BuildRecord]:
        """The builds that are still to be started."""
        return [record for record in self.builds.values() if record.waits]

    def source_of(self, commit: str | None) -> Source | None:
        """What builds of a commit are made of; None: that has been forgotten, or was never known."""
        return self.sources.get(commit or "")

    @property
    def building(self) -> bool:
        """Whether a build has not ended."""
        return any(not record.done for record in self.builds.values())

    @property
    def started(self) -> bool:
        """Whether a build has been started that has not ended."""
        return any(not (record.done or record.waits) for record in self.builds.values())

    def record(self, n: str) -> BuildRecord | None:
        """The build with the number ``n``."""
        return next((record for record in self.builds.values() if record.n == n), None)

    def record_of(self, build: BuildReference, commit: str | None = None) -> BuildRecord | None:
        """The build that is meant, or the last one of the same project, system and mode.

        With ``commit`` only of that one: a branch has builds of several.
        """
        meant = self.record(build.n)
        if meant is not None and commit in {None, meant.view.head_sha}:
            return meant
        records = reversed(self.builds.values())
        like = (record for record in records if _is_like(record.view, build))
        of_commit = (record for record in like if commit in {None, record.view.head_sha})
        return max(of_commit, key=lambda record: record.view.wanted_at, default=None)

    def covering(self, commit: str | None, build: PlannedBuild) -> BuildRecord | None:
        """The test under way that builds the same thing as the plain ``build``."""
        test = self._same(commit, build, BuildMode.BUILD, BuildMode.TEST)
        return test if test is not None and not test.done and not test.waits else None

    def has_done_since(self, commit: str | None, build: PlannedBuild, ends: int) -> bool:
        """Whether ``build``, or a test that builds the same, got a true result after so many had ended."""
        same = (
            self.builds.get(build_key(commit, build)),
            self._same(commit, build, BuildMode.BUILD, BuildMode.TEST),
        )
        return any(each is not None and each.ended > ends and each.joinable for each in same)

    def in_the_way_of(self, build: BuildView) -> BuildRecord | None:
        """The build that has to end before ``build`` may begin: a test waits for the build of the same."""
        plain = self._same(build.head_sha, build, BuildMode.TEST, BuildMode.BUILD)
        return plain if plain is not None and not plain.done else None

    def _project_of(self, record: BuildRecord) -> Project | None:
        source = self.source_of(record.view.head_sha)
        return source.projects.named(record.view.project) if source is not None else None

    def _may_remember(self, commands: Sequence[str]) -> bool:
        told = islice((1 for record in self.builds.values() if record.view.reproduce), REPRODUCTIONS_LIMIT)
        return sum(told) < REPRODUCTIONS_LIMIT and sum(map(len, commands)) <= COMMANDS_LIMIT

    def _same(
        self, commit: str | None, build: PlannedBuild | BuildView, mode: BuildMode, other: BuildMode
    ) -> BuildRecord | None:
        """The build in the mode ``other`` of what is built in ``mode``."""
        if build.mode is not mode:
            return None
        return self.builds.get(_key(commit, build, other))


def _is_like(view: BuildView, build: BuildReference) -> bool:
    return view.project == build.project and view.system is build.system and view.mode is build.mode
