"""What is shown of a pull request beside statuses and check runs: summary comment, labels, details."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg.errors import FailureKind
    from tickborg.github import PullRequestQuestion, SummaryComment
    from tickborg.labels import label_change, may_be_ours
    from tickborg.memory import PullRequestMemory
    from tickborg.quota import Purpose
    from tickborg.texts import comments, details
    from tickborg.views import PullRequestView
    from workflows import policies, questions
    from workflows.failures import failure_kind, failure_reason
    from workflows.newest_wins import NewestWins


_LABELS_LEFT = "labels-left-by-an-earlier-owner"


class Showing:
    """Keeps what people see in step with what the owner knows.

    Args:
        memory: the owner's; the comment's id and the labels that are the bot's are written back to it.
        view: what others may see of it.
    """

    def __init__(self, memory: PullRequestMemory, view: Callable[[], PullRequestView | None]) -> None:
        self._memory = memory
        self._view = view
        where = f"{memory.repo}#{memory.number}"
        self._summary = NewestWins[PullRequestView](f"the summary comment of {where}", self._publish_summary)
        self._summary_of: PullRequestView | None = None
        self._summary_said = ""
        self._summary_at: datetime | None = None
        self._labels = NewestWins[frozenset[str]](f"the labels of {where}", self._publish_labels)
        self._labels_refused = False
        self._labels_tried: frozenset[str] = frozenset()
        self._labels_said: frozenset[str] | None = frozenset(self._memory.labels_added)

    @property
    def busy(self) -> bool:
        """Whether something is still being said."""
        return self._summary.busy or self._labels.busy

    def show(self) -> None:
        """Bring everything up to what is known; what is said already is not said again."""
        view = self.show_operators()
        if view is None:
            return
        if comments.is_due(view, commented=self._memory.comment_id is not None):
            self._show_summary(view)
        self._show_labels()

    def show_operators(self) -> PullRequestView | None:
        """Bring the Web UI up to what is known, and return that; each run of a workflow has to do it anew."""
        view = self._view()
        if view is not None:
            workflow.set_current_details(details.table(view))
        return view

    def _show_summary(self, view: PullRequestView) -> None:
        if view != self._summary_of:
            self._summary_of = view
            self._summary.say(view)

    async def _publish_summary(self, view: PullRequestView) -> None:
        """Edit the summary comment; many changes in a short time make one edit."""
        if self._summary_at is not None and self._memory.started:
            spaced = self._summary_at + policies.summary_spacing(self._summary_said) - workflow.now()
            await _wait_at_most(spaced, lambda: not self._memory.started)
        # Composed only now: that takes a while for a thousand builds, each of which changes it.
        # What changed while this waited may have been in the edit before.
        while (body := self._summary_body(view)) != self._summary_said:
            purpose = Purpose.PROGRESS if self._memory.building else Purpose.RESULT
            tried = self._summary_of
            try:
                await self._write_summary(body, purpose)
            except ActivityError as error:
                if purpose is Purpose.RESULT or failure_kind(error) is FailureKind.PERMANENT:
                    await self._count_refused_summary(error)
                    raise
                workflow.logger.info("the summary comment is edited later: %s", failure_reason(error))
                await _wait_at_most(policies.PROGRESS_PAUSE, partial(self._has_more_to_say, tried))
            else:
                return

    def _summary_body(self, view: PullRequestView) -> str:
        return comments.summary(self._summary_of or view, self._memory.policy.dashboard_url)

    def _has_more_to_say(self, tried: PullRequestView | None) -> bool:
        return not self._memory.building or self._summary_of != tried

    async def _write_summary(self, body: str, purpose: Purpose) -> None:
        policy = policies.RESULT if purpose is Purpose.RESULT else policies.PROGRESS
        self._memory.comment_id = await workflow.execute_activity_method(
            GitHubActivities.publish_summary,
            SummaryComment(
                repo=self._memory.repo,
                number=self._memory.number,
                body=body,
                comment_id=self._memory.comment_id,
                purpose=purpose,
            ),
            **policy,
            summary="summary comment",
        )
        self._summary_said = body
        self._summary_at = workflow.now()
        if self._memory.summary_refused:
            self._memory.summary_refused = False
            self._show_labels()

    async def _count_refused_summary(self, error: ActivityError) -> None:
        """Let the label say what the comment cannot."""
        if not self._memory.summary_refused and workflow.patched("say-that-the-summary-is-refused"):
            self._memory.summary_refused = True
            self._show_labels()
            await questions.count_refusal(self._memory.repo, error)

    def _show_labels(self) -> None:
        if self._memory.labels != self._labels_said or self._may_have_stale_labels():
            self._labels_said = self._memory.labels
            self._labels.say(self._memory.labels)

    def _may_have_stale_labels(self) -> bool:
        must_look = self._memory.must_look_for_labels and not self._labels.busy
        return must_look and workflow.patched(_LABELS_LEFT)

    async def _recall_labels(self, present: Collection[str]) -> bool:
        """Learn which labels an owner had put on it that ended when it was closed; False: known before."""
        memory = self._memory
        known = memory.labels_known or memory.labels_added or self._labels_tried
        unclear = not known and any(map(may_be_ours, present)) and workflow.patched(_LABELS_LEFT)
        if unclear:
            memory.labels_added = await questions.labels_left(memory.repo, memory.number)
        memory.labels_known = True
        return unclear

    async def _publish_labels(self, wanted: frozenset[str]) -> None:
        try:
            await self._change_labels(wanted)
        except ActivityError as error:
            # Said again when there is something else to show.
            self._labels_said = None
            if not self._labels_refused:
                self._labels_refused = True
                await questions.count_refusal(self._memory.repo, error)
            raise
        self._labels_refused = False

    async def _change_labels(self, wanted: frozenset[str]) -> None:
        repo, number = self._memory.repo, self._memory.number
        present = await workflow.execute_activity_method(
            GitHubActivities.labels,
            PullRequestQuestion(repo=repo, number=number),
            **policies.RESULT,
            summary="labels on the pull request",
        )
        if await self._recall_labels(present):
            wanted = self._memory.labels
        # What was tried and is there is ours, although GitHub's answer was lost.
        ours = frozenset(self._memory.labels_added) | (self._labels_tried & frozenset(present))
        change, added = label_change(repo, number, frozenset(present), ours, wanted)
        if change.add or change.remove:
            self._labels_tried |= frozenset(change.add)
            await workflow.execute_activity_method(
                GitHubActivities.change_labels,
                change,
                **policies.RESULT,
                summary=details.label_summary(change),
            )
        self._memory.labels_added = added


async def _wait_at_most(pause: timedelta, until: Callable[[], bool]) -> None:
    if pause <= timedelta():
        return
    try:
        await workflow.wait_condition(until, timeout=pause)
    except TimeoutError:
        return
