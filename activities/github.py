"""What workflows ask of GitHub and tell it (design, sections 4 and 8).

Nothing here catches an error to report it: :mod:`activities.failures` does that for every activity.
"""

from temporalio import activity

from activities.ports import GitHub
from tickborg.errors import PutOffError, UnavailableError
from tickborg.github import (
    SUMMARY_MARKER,
    CheckRun,
    CheckRunAnswer,
    CheckRunOpening,
    CheckRunUpdate,
    CommitQuestion,
    CommitStatus,
    LabelChange,
    Permission,
    PermissionQuestion,
    PullRequest,
    PullRequestQuestion,
    Reaction,
    Reply,
    SummaryComment,
)


class GitHubActivities:
    """One call to GitHub each, or the few that make one idempotent.

    Args:
        github: the repositories that the App is installed on.
    """

    def __init__(self, github: GitHub) -> None:
        self._github = github

    @activity.defn(name="pull_request")
    async def pull_request(self, question: PullRequestQuestion) -> PullRequest:
        """The pull request as GitHub describes it; asking changes nothing, so a retry asks again."""
        return await self._github.pull_request(question.repo, question.number)

    @activity.defn(name="permission")
    async def permission(self, question: PermissionQuestion) -> Permission:
        """What a person may do on a repository, at most minutes old; a retry asks again."""
        return await self._github.permission(question.repo, question.user)

    @activity.defn(name="pulls_of_commit")
    async def pulls_of_commit(self, question: CommitQuestion) -> tuple[int, ...]:
        """Numbers of the open pull requests with this head, ascending; a retry asks again."""
        return tuple(sorted(await self._github.open_pulls_at(question.repo, question.sha)))

    @activity.defn(name="check_runs_of_commit")
    async def check_runs_of_commit(self, question: CommitQuestion) -> tuple[str, ...]:
        """The external ids of our latest check runs of a commit, sorted; a retry asks again."""
        return tuple(sorted(await self._github.external_ids(question.repo, question.sha)))

    @activity.defn(name="set_status")
    async def set_status(self, status: CommitStatus) -> None:
        """Set a commit status; it is keyed by context, so a retry replaces it with itself."""
        await self._github.set_status(status)

    @activity.defn(name="open_check_run")
    async def open_check_run(self, opening: CheckRunOpening) -> int:
        """Create a check run and return its id; a retry looks for the run an earlier try made.

        It is known by commit, name and external id, the last of which no other build has. It may have been
        made to say something else, so it is told what it is to say now. A failure because the call was put
        off means that there is none.
        """
        if opening.may_exist or activity.info().attempt > 1:
            found = await self._made_before(opening.run)
            if found is not None:
                await self._github.update_check_run(found, opening.run)
                return found
        return await self._github.create_check_run(opening.run)

    async def _made_before(self, run: CheckRun) -> int | None:
        """That this is put off is not said as such, which would mean that nothing has ever been sent."""
        try:
            return await self._github.find_check_run(run)
        except PutOffError as error:
            raise UnavailableError(str(error)) from None

    @activity.defn(name="update_check_run")
    async def update_check_run(self, update: CheckRunUpdate) -> None:
        """Make a check run say something else; all of it is sent, so a retry changes nothing more."""
        await self._github.update_check_run(update.check_run_id, update.run)

    @activity.defn(name="answer_on_check_run")
    async def answer_on_check_run(self, answer: CheckRunAnswer) -> bool:
        """Answer a button on the check run that it belongs to; False: there is no such check run.

        An answer takes the place of the one before it, so a retry replaces it with itself.
        """
        return await self._github.answer_on_check_run(answer)

    @activity.defn(name="labels")
    async def labels(self, question: PullRequestQuestion) -> tuple[str, ...]:
        """The labels on a pull request, sorted; a retry asks again."""
        return tuple(sorted(await self._github.labels(question.repo, question.number)))

    @activity.defn(name="change_labels")
    async def change_labels(self, change: LabelChange) -> None:
        """Put labels on and take labels off; labels are a set, so a retry does what is left to do.

        GitHub knows a label whatever its case: ``Scope: CI`` is ``scope: ci``.
        """
        repo, number = change.repo, change.number
        present = {label.lower() for label in await self._github.labels(repo, number)}
        absent = [label for label in change.add if label.lower() not in present]
        if absent:
            await self._github.add_labels(repo, number, absent)
        for label in change.remove:
            if label.lower() in present:
                await self._github.remove_label(repo, number, label)

    @activity.defn(name="publish_summary")
    async def publish_summary(self, comment: SummaryComment) -> int:
        """Make the summary comment say ``comment.body`` and return its id; there is never a second one.

        It is known by its id, and by its marker where the id is not known or somebody deleted the comment:
        a retry finds the comment that an earlier try wrote.
        """
        repo, number, body, purpose = comment.repo, comment.number, comment.body, comment.purpose
        known = comment.comment_id
        if known is not None and await self._github.edit_comment(repo, known, body, purpose):
            return known
        found = await self._github.find_comment(repo, number, SUMMARY_MARKER, purpose)
        if found is not None and await self._github.edit_comment(repo, found, body, purpose):
            return found
        return await self._github.create_comment(repo, number, body, purpose)

    @activity.defn(name="react")
    async def react(self, reaction: Reaction) -> None:
        """Show that a comment was read; GitHub keeps one of each kind, so a retry changes nothing more."""
        await self._github.react(reaction.repo, reaction.comment_id, reaction.content)

    @activity.defn(name="reply")
    async def reply(self, reply: Reply) -> int:
        """Answer a comment and return the answer's id; a retry looks for the answer an earlier try wrote."""
        if activity.info().attempt > 1:
            found = await self._github.find_comment(reply.repo, reply.number, reply.marker)
            if found is not None:
                return found
        return await self._github.create_comment(reply.repo, reply.number, reply.body)
