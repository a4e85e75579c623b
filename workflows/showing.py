"""What is shown of a pull request beside statuses and check runs: summary comment, labels, details."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg.github import PullRequestQuestion, SummaryComment
    from tickborg.labels import label_change
    from tickborg.memory import PullRequestMemory
    from tickborg.texts import comments, details
    from tickborg.views import PullRequestView
    from workflows import policies
    from workflows.newest_wins import NewestWins


class Showing:
    """Keeps what people see in step with what the owner knows.

    Args:
        memory: the owner's; the comment's id and the labels that are the bot's are written back to it.
    """

    def __init__(self, memory: PullRequestMemory) -> None:
        self._memory = memory
        self._summary = NewestWins[PullRequestView](self._publish_summary)
        self._summary_of: PullRequestView | None = None
        self._summary_said = ""
        self._summary_at: datetime | None = None
        self._labels = NewestWins[frozenset[str]](self._publish_labels)
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
        if self._memory.labels != self._labels_said:
            self._labels_said = self._memory.labels
            self._labels.say(self._memory.labels)

    def show_operators(self) -> PullRequestView | None:
        """Bring the Web UI up to what is known, and return that; each run of a workflow has to do it anew."""
        view = self._memory.view()
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
            await _wait_at_most(spaced.total_seconds(), lambda: not self._memory.started)
        # Not before: to write the comment of a thousand builds takes a while, and each of them changes it.
        body = comments.summary(self._summary_of or view, self._memory.policy.dashboard_url)
        if body == self._summary_said:  # what changed while this waited was in the edit before
            return
        self._memory.comment_id = await workflow.execute_activity_method(
            GitHubActivities.publish_summary,
            SummaryComment(
                repo=self._memory.repo,
                number=self._memory.number,
                body=body,
                comment_id=self._memory.comment_id,
            ),
            **policies.RESULT,
            summary="summary comment",
        )
        self._summary_said = body
        self._summary_at = workflow.now()

    async def _publish_labels(self, wanted: frozenset[str]) -> None:
        try:
            await self._change_labels(wanted)
        except ActivityError:
            # Said again when there is something else to show.
            self._labels_said = None
            raise

    async def _change_labels(self, wanted: frozenset[str]) -> None:
        repo, number = self._memory.repo, self._memory.number
        present = await workflow.execute_activity_method(
            GitHubActivities.labels,
            PullRequestQuestion(repo=repo, number=number),
            **policies.RESULT,
            summary="labels on the pull request",
        )
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


async def _wait_at_most(seconds: float, until: Callable[[], bool]) -> None:
    if seconds <= 0:
        return
    try:
        await workflow.wait_condition(until, timeout=seconds)
    except TimeoutError:
        return
