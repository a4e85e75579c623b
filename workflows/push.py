"""``Push``: the one owner of a branch, as long as there is something to do (design, section 3).

How it lives is in :mod:`workflows.owner`; here is what it does about what comes.
"""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg import cancellation, names
    from tickborg.build_records import BuildRecord
    from tickborg.errors import FailureKind
    from tickborg.events.pushes import PushEvent
    from tickborg.github import CommitStatus
    from tickborg.jobs import BuildMode, BuildProgress, PlannedBuild, PushReport
    from tickborg.policy import Policy
    from tickborg.push_memory import PushLook, PushMemory, PushStart
    from tickborg.push_planning import (
        builds_of_push,
        changed_by,
        look_at,
        not_built_again,
        not_built_of_push,
        source_of_push,
        status_of,
    )
    from tickborg.requests import ButtonOrder, Request
    from tickborg.sources import planned
    from tickborg.texts import button_answers, details, links
    from tickborg.views import BranchView
    from workflows import policies, pressed_checks, questions
    from workflows.failures import failure_kind, failure_reason
    from workflows.newest_wins import NewestWins
    from workflows.owned_builds import BuildEnded, OwnedBuilds
    from workflows.owner import Owner, renewal_is_due
    from workflows.push_looks import find_out

Item = PushEvent | Request | Policy | PushLook | BuildProgress | BuildEnded


@workflow.defn(name=names.PUSH_WORKFLOW)
class PushOwner(Owner[Item]):
    """Decides what is built of the pushes to one branch."""

    @workflow.init
    def __init__(self, start: PushStart) -> None:
        super().__init__()
        self._memory = start.memory or PushMemory(repo=start.repo, branch=start.branch)
        self._looking = False
        self._statuses: dict[str, NewestWins[CommitStatus]] = {}
        """By commit, as long as something is being said of it."""
        self._builds = OwnedBuilds(self._memory, self._run, self._inbox.append)

    @workflow.run
    async def run(self, start: PushStart) -> PushMemory:
        """Own the branch until all that was pushed is looked at and built; what the next run goes on with."""
        if start.memory is None:
            await self._recall()
        self._builds.start_waiting()
        self._look_on()
        # No other await from here on, see there.
        if not await self._live():
            workflow.continue_as_new(start.model_copy(update={"memory": self._memory}))
        return self._memory

    @workflow.signal(name=names.PUSH_EVENT_SIGNAL)
    def push_event(self, event: PushEvent) -> None:
        """Hear from the webhook."""
        self._inbox.append(event)

    @workflow.signal(name=names.REQUEST_SIGNAL)
    def request(self, request: Request) -> None:
        """Hear of a button that somebody pressed; that the person may press it has been found out."""
        self._inbox.append(request)

    @workflow.signal(name=names.BUILD_PROGRESS_SIGNAL)
    def build_progress(self, progress: BuildProgress) -> None:
        """Hear from a build that it has come further."""
        self._inbox.append(progress)

    @workflow.query(name=names.STATE_QUERY)
    def state(self) -> BranchView:
        """All that is known about the branch."""
        return self._memory.view()

    @property
    def _busy(self) -> bool:
        return super()._busy or any(each.busy for each in self._statuses.values())

    @property
    def _head_sha(self) -> str:
        return self._memory.head.after if self._memory.head else ""

    @property
    def _may_end(self) -> bool:
        return self._memory.settled and not self._busy

    def _settle(self) -> None:
        self._look_on()
        self._memory.forget_the_done()
        workflow.set_current_details(details.branch_table(self._memory.view()))

    async def _recall(self) -> None:
        """Begin where the last run ended: GitHub may deliver again what that one has seen."""
        repo, branch = self._memory.repo, self._memory.branch
        last, policy = await asyncio.gather(questions.last_push_memory(repo, branch), questions.the_policy())
        if last is not None:
            self._memory.adopt(last, workflow.now())
        self._memory.policy = policy

    def _act(self, item: Item) -> None:
        match item:
            case PushEvent():
                self._on_push(item)
            case Request():
                self._on_request(item)
            case Policy():
                self._memory.policy = item
            case PushLook():
                self._on_look(item)
            case BuildProgress():
                self._builds.come_further(item)
            case BuildEnded():
                self._builds.end(item)
                self._count_failure(failed=item.failed)

    def _on_push(self, push: PushEvent) -> None:
        if not self._memory.first_sight(push.delivery, workflow.now()):
            return
        before = self._memory.head
        self._memory.take(push)
        head = self._memory.head
        if head is not None and head != before and self._memory.doubted is None:
            self._supersede(head)

    def _supersede(self, head: PushEvent) -> None:
        """End what no builder has begun on older heads; its projects are built on the newest one instead."""
        old = [record for record in self._memory.builds.values() if _can_wait_no_more(record, head.after)]
        # What somebody has cancelled may take a while to end, and is not to come back with another push.
        self._memory.supersede(record for record in old if not self._builds.is_cancelled(record))
        self._builds.cancel(old, cancellation.superseded_by(head.after))

    def _on_request(self, request: Request) -> None:
        if not self._memory.first_sight(request.id, workflow.now()):
            return
        reason = cancellation.cancelled_by(request.by)
        pressed = [order for order in request.orders if isinstance(order, ButtonOrder)]
        again = [record for order in pressed if (record := self._press(order, reason)) is not None]
        if again:
            # All at once: *Re-run all checks* may be of thousands.
            self._builds.again(again)

    def _press(self, order: ButtonOrder, reason: str) -> BuildRecord | None:
        """Do what a button asks for; what is to be built again, if that is known."""
        # Or the last one like it: what is meant is that project of that commit there, once more.
        record = self._memory.record_of(order.build, order.head_sha)
        if order.button == "cancel":
            # Only this very one: whoever presses on an old page does not mean one that came later.
            if record is None or record.done or record.n != order.build.n:
                self._answer(order, button_answers.nothing_to_cancel(order.build.project))
            else:
                self._builds.cancel([record], reason)
        elif order.button == "rerun" and record is not None and self._memory.source_of(order.head_sha):
            return record
        else:
            self._memory.waiting = (*self._memory.waiting, order)
        return None

    # Looking at what was pushed: one thing at a time, the oldest first

    def _look_on(self) -> None:
        if self._looking:
            return
        about = self._memory.next_look()
        if about is None:
            return
        if renewal_is_due():
            # The next run looks at it, as soon as what a builder has begun has ended.
            self._builds.hold()
            return
        self._looking = True
        self._run(self._look(about))

    async def _look(self, about: PushEvent | ButtonOrder) -> None:
        try:
            policy, report = await asyncio.gather(questions.the_policy(), self._find_out(about))
            self._inbox.extend((policy, PushLook(about=about, report=report)))
        except ActivityError as error:
            gone = failure_kind(error) is FailureKind.HEAD_GONE
            self._inbox.append(PushLook(about=about, error=failure_reason(error), gone=gone))

    def _on_look(self, look: PushLook) -> None:
        self._looking = False
        self._count_failure(failed=look.report is None and not look.gone)
        self._build_again(self._memory.strike_off(look.about), look)
        if isinstance(look.about, PushEvent):
            self._on_push_looked_at(look.about, look)

    def _on_push_looked_at(self, push: PushEvent, look: PushLook) -> None:
        memory, found = self._memory, look.found
        if memory.settle(push, look) and memory.head is not None:
            self._supersede(memory.head)
        if found is not None:
            memory.learn(push, changed_by(found))
        else:
            memory.owe(push)
        is_newest = push.after == self._head_sha
        if is_newest:
            memory.error = look.fault
        self._tell(push, look)
        # What an older push changed is built on the newest, once that has been looked at too.
        if memory.looking_for_more:
            return
        if not is_newest:
            memory.look_again()
        elif found is not None:
            self._build_wanted(push, found)
            memory.look_again()

    def _build_wanted(self, push: PushEvent, report: PushReport) -> None:
        memory = self._memory
        source = source_of_push(memory.repo, memory.branch, push.after, report, push.pusher)
        wanted, memory.wanted = memory.wanted, ()
        memory.skip(push.after, not_built_of_push(report.projects, wanted, memory.policy))
        self._builds.want(source, builds_of_push(report.projects, wanted, memory.policy))

    def _build_again(self, orders: Sequence[ButtonOrder], look: PushLook) -> None:
        """Build what somebody pressed buttons for, all of one commit."""
        found = [build for order in orders if (build := self._found(order, look)) is not None]
        if found and look.found is not None:
            memory, sha = self._memory, orders[0].head_sha
            source = source_of_push(memory.repo, memory.branch, sha, look.found, "")
            self._builds.want(source, found, asked=True)

    def _found(self, order: ButtonOrder, look: PushLook) -> PlannedBuild | None:
        """The build of a button; None: the commit gives none, which is said."""
        project = look.found.projects.named(order.build.project) if look.found is not None else None
        if project is None:
            self._answer(order, not_built_again(order, look))
            return None
        mode = BuildMode.TEST if order.button == "test" else order.build.mode
        return planned(project, order.build.system, mode)

    async def _find_out(self, about: PushEvent | ButtonOrder) -> PushReport:
        job = look_at(self._memory.repo, self._memory.branch, about, self._memory.doubted)
        return await find_out(job, lambda: self._may_come_yet(about))

    def _may_come_yet(self, about: PushEvent | ButtonOrder) -> bool:
        """Whether it is worth waiting for: nobody would tell once more of what was pushed last."""
        return isinstance(about, PushEvent) and about.after == self._head_sha

    def _tell(self, push: PushEvent, look: PushLook) -> None:
        memory = self._memory
        page = links.branch_url(memory.policy, memory.repo, memory.branch)
        status = status_of(memory, push, look, page)
        if status is not None:
            self._status_of(status.sha).say(status)

    def _status_of(self, sha: str) -> NewestWins[CommitStatus]:
        """Tells it in order: a commit may be looked at again before GitHub has taken what was found first."""
        self._statuses = {known: each for known, each in self._statuses.items() if each.busy}
        what = f"the status of {sha} on {self._memory.branch}"
        return self._statuses.setdefault(sha, NewestWins(what, self._set_status))

    def _answer(self, order: ButtonOrder, text: str) -> None:
        """Say on the check run that was pressed what becomes of it: a branch has no summary comment."""
        workflow.logger.warning("%s of %s: %s", order.build.project, order.head_sha, text)
        self._run(pressed_checks.answer(self._memory.repo, order.build, order.head_sha, text))

    async def _set_status(self, status: CommitStatus) -> None:
        try:
            await workflow.execute_activity_method(
                GitHubActivities.set_status,
                status,
                **policies.RESULT,
                summary=f"{status.state}: {status.description}",
            )
        except ActivityError as error:
            await questions.count_refusal(self._memory.repo, error)
            raise

    def _count_failure(self, *, failed: bool) -> None:
        if failed:
            self._run(questions.count_failure(self._memory.repo))


def _can_wait_no_more(record: BuildRecord, head_sha: str) -> bool:
    """Whether it is of an older head, and no builder has begun it."""
    return not (record.done or record.started) and record.view.head_sha != head_sha
