"""``Reconcile``: what GitHub tried to tell us and could not, and what nobody has told us (design, section 3).

A schedule runs it every few minutes, one run at a time; each run leaves to the next how far it came.
"""

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.reconciling import ComparisonActivities, DeliveryActivities
    from tickborg.deliveries import (
        FIRST_ROUND,
        KEPT,
        ROUND,
        Record,
        Unsettled,
        awaited,
        outstanding,
        refusals,
        settled_until,
        to_ask_for,
    )
    from tickborg.names import RECONCILE_WORKFLOW
    from tickborg.reconciling import (
        ComparisonJob,
        Marks,
        Missed,
        ReconcileReport,
        ReconcileStart,
        RecordQuestion,
        RepeatJob,
        ServedRepository,
        Unread,
        events_of,
    )
    from tickborg.texts import reconciling as texts
    from workflows import policies, questions
    from workflows.failures import failure_reason

MOST_ASKED = 1_000
"""Deliveries that one run asks for; the next one goes on."""

MOST_PARTS = 30
"""Parts of a record too long to be read at once that one run goes on with, of a thousand attempts each."""

MOST_TOLD = 100
"""Events that one run tells owners of; the next one goes on."""


@workflow.defn(name=RECONCILE_WORKFLOW)
class Reconcile:
    """Has failed deliveries repeated, then compares GitHub with what owners know."""

    @workflow.init
    def __init__(self, start: ReconcileStart) -> None:
        last = workflow.get_last_completion_result(ReconcileReport)
        self._marks = last.marks if last is not None else Marks()
        self._given_up_before = last.given_up if last is not None else ()
        self._grace, self._pace = start.grace, start.pace
        self._report = ReconcileReport(marks=self._marks)
        self._gone: set[str] = set()
        self._told: list[Missed] = []
        self._failed: list[str] = []

    @workflow.run
    async def run(self, start: ReconcileStart) -> ReconcileReport:
        """Catch up with GitHub; what a failure prevents is named in the report and left to the next run.

        Owners are not told while deliveries may still tell them: an event that was told under another name
        and comes again under GitHub's would be done twice.
        """
        try:
            await self._repeat_what_failed()
        except ActivityError as error:
            self._failed.append(f"deliveries: {failure_reason(error)}")
        if not self._report.unsettled:
            try:
                await self._compare()
            except ActivityError as error:
                self._failed.append(f"repositories: {failure_reason(error)}")
        told = tuple(str(missed) for missed in self._told)
        report = self._report.model_copy(
            update={"told": told, "failed": tuple(self._failed), "marks": self._marks}
        )
        workflow.set_current_details("\n".join(f"- {line}" for line in texts.lines(report)))
        await questions.count(*events_of(report, self._told, workflow.now(), before=self._given_up_before))
        return report

    # Deliveries that failed

    async def _repeat_what_failed(self) -> None:
        oldest = workflow.now() - KEPT
        since = max(self._marks.settled_until or oldest, oldest)
        record = await self._read(since)
        self._take_in(record, [])
        asked = await self._rounds(record, record.newest or workflow.now())
        if asked:
            record = await self._read(since, asked)
            self._take_in(record, asked)
        unread = self._marks.unread
        if record.older:
            unread = Unread(cursor=record.older, since=min(since, unread.since) if unread else since)
        settled = {"settled_until": settled_until(record, since), "unread": unread}
        self._marks = self._marks.model_copy(update=settled)
        if unread is not None and not self._report.unsettled:
            await self._catch_up_on(unread, record.newest or workflow.now())

    async def _catch_up_on(self, unread: Unread, newest: datetime) -> None:
        """Go on with a part that was not read; what fails again is among the newest attempts then."""
        for _ in range(MOST_PARTS):
            part = await self._read(unread.since, cursor=unread.cursor)
            asked = await self._rounds(part, newest)
            arrived = len((await self._read(newest, asked)).arrived) if asked else 0
            so_far, wanted = self._report, {each.guid for each in part.unsettled}
            more = {"looked_at": part.looked_at, "asked": len(asked), "arrived": arrived}
            counted = {name: getattr(so_far, name) + count for name, count in more.items()}
            self._report = so_far.model_copy(update=counted)
            if not wanted <= set(asked):
                return
            rest = Unread(cursor=part.older, since=unread.since) if part.older else None
            self._marks = self._marks.model_copy(update={"unread": rest})
            if rest is None:
                self._report = self._report.model_copy(update={"complete": True})
                return
            unread = rest

    def _take_in(self, record: Record, asked: Sequence[str]) -> None:
        may_arrive = record.model_copy(update={"unsettled": self._not_gone(record)})
        self._report = self._report.model_copy(
            update={
                "looked_at": record.looked_at,
                "complete": not record.older and self._marks.unread is None,
                "asked": len(asked),
                "arrived": len(record.arrived),
                "unsettled": awaited(may_arrive, asked),
                "given_up": record.given_up,
                "refused": refusals(may_arrive.unsettled),
            }
        )

    async def _rounds(self, record: Record, newest: datetime) -> list[str]:
        """Ask for what failed, a few first, and on as long as some of it arrives; the guids.

        ``newest`` is when the newest attempt was made before.
        """
        asked: list[str] = []
        size = FIRST_ROUND
        while batch := to_ask_for(record, asked, workflow.now(), min(size, MOST_ASKED - len(asked))):
            asked += [delivery.guid for delivery in batch]
            if not await self._round(batch, newest):
                break
            size = ROUND
        return asked

    async def _round(self, batch: Sequence[Unsettled], newest: datetime) -> int:
        """Have a batch repeated, and wait for what comes of it; how many arrived."""
        report = await workflow.execute_activity_method(
            DeliveryActivities.repeat_deliveries,
            RepeatJob(attempts=tuple(delivery.last_id for delivery in batch)),
            **policies.CATCHING_UP,
            summary=f"have {len(batch)} deliveries repeated",
        )
        self._gone |= {delivery.guid for delivery in batch if delivery.last_id in report.gone}
        waited_for = {
            delivery.guid: delivery.last_id for delivery in batch if delivery.guid not in self._gone
        }
        arrived = 0
        for pause in policies.outcome_pauses(len(batch)):
            if not waited_for:
                break
            await workflow.sleep(pause)
            seen = await self._read(newest, list(waited_for))
            arrived = len(seen.arrived)
            if not outstanding(seen, waited_for):
                break
        return arrived

    async def _read(self, since: datetime, about: Sequence[str] = (), cursor: str = "") -> Record:
        return await workflow.execute_activity_method(
            DeliveryActivities.delivery_record,
            RecordQuestion(since=since, cursor=cursor, about=tuple(about), pace=self._pace),
            **policies.CATCHING_UP,
            summary=f"deliveries since {since:%Y-%m-%d %H:%M:%S}",
        )

    def _not_gone(self, record: Record) -> tuple[Unsettled, ...]:
        return tuple(delivery for delivery in record.unsettled if delivery.guid not in self._gone)

    # What nobody was told of

    async def _compare(self) -> None:
        until = workflow.now() - self._grace
        served = await workflow.execute_activity_method(
            ComparisonActivities.served_repositories, **policies.CATCHING_UP, summary="repositories served"
        )
        self._failed += served.failed
        # Whose repositories could not be listed, those have to be compared from where they were.
        behind = dict(self._marks.behind) if served.failed else {}
        for each in served.repositories:
            try:
                done = await self._compare_one(each, until)
            except ActivityError as error:
                self._failed.append(f"{each.repo}: {failure_reason(error)}")
                done = False
            name = str(each.repo)
            if done:
                behind.pop(name, None)
            else:
                behind[name] = self._marks.behind.get(name, self._marks.compared_until)
        self._report = self._report.model_copy(
            update={"compared": True, "repositories": len(served.repositories)}
        )
        if not served.failed:
            self._marks = self._marks.model_copy(update={"compared_until": until})
        self._marks = self._marks.model_copy(update={"behind": behind})

    async def _compare_one(self, repository: ServedRepository, until: datetime) -> bool:
        """Tell owners what they missed in one repository; whether that was all."""
        found = await workflow.execute_activity_method(
            ComparisonActivities.missed,
            ComparisonJob(repository=repository, since=self._marks.compared(repository.repo), until=until),
            **policies.CATCHING_UP,
            summary=f"what was missed in {repository.repo}",
        )
        self._failed += found.failed
        to_tell = found.missed[: MOST_TOLD - len(self._told)]
        told = [await self._tell(each) for each in to_tell]
        return len(to_tell) == len(found.missed) and all(told) and not found.failed

    async def _tell(self, missed: Missed) -> bool:
        """Tell an owner; one that cannot be told keeps no other from it."""
        try:
            await workflow.execute_activity_method(
                ComparisonActivities.tell_missed, missed, **policies.TELLING, summary=f"tell of {missed}"
            )
        except ActivityError as error:
            self._failed.append(f"{missed}: {failure_reason(error)}")
            return False
        self._told.append(missed)
        return True
