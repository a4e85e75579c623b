"""``Comment``: what is asked for in one comment is found out, handed on and answered (design, section 3)."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.cluster import ClusterActivities
    from activities.comments import CommentActivities
    from activities.github import GitHubActivities
    from activities.repository import RepositoryActivities
    from tickborg.acl import Person
    from tickborg.commands.values import CommentText, ParsedComment
    from tickborg.comment_needs import (
        asks_how_it_stands,
        depends_on_who_asks,
        names_projects,
        needs_nothing,
    )
    from tickborg.comment_orders import Asked, Settled, settle, settle_unasked
    from tickborg.errors import FailureKind
    from tickborg.events.comments import IssueComment
    from tickborg.github import (
        Permission,
        PullRequest,
        PullRequestQuestion,
        PullRequestState,
        Reaction,
        Reply,
        reply_marker,
    )
    from tickborg.jobs import BuildStage, Origin, ProjectsJob, ProjectsReport, QueuesQuestion
    from tickborg.messages import Event, EventName
    from tickborg.names import COMMENT_WORKFLOW
    from tickborg.policy import Policy
    from tickborg.requests import Asker, OwnerMessage, Request
    from tickborg.systems import System
    from tickborg.texts import answers, links, replies, status_reply
    from tickborg.views import PullRequestView
    from workflows import policies, questions
    from workflows.failures import failure_reason
    from workflows.replicas import pull_request_since


@workflow.defn(name=COMMENT_WORKFLOW)
class Comment:
    """Answers one comment once, however often GitHub tells of it."""

    @workflow.init
    def __init__(self, comment: IssueComment) -> None:
        self._comment = comment
        self._policy = Policy()

    @workflow.run
    async def run(self, comment: IssueComment) -> str:
        """Do what the comment asks for, as far as whoever wrote it may; what came of it, for the Web UI.

        Raises:
            ApplicationError: GitHub or git refused something for good; whoever wrote it has been told, unless
                that is what was refused.
        """
        self._policy = await questions.the_policy()
        try:
            parsed = await self._read()
            if not (parsed.commands or parsed.errors):
                return "it says nothing to the bot"
            if needs_nothing(parsed):
                asked, settled = None, settle_unasked(parsed)
            else:
                asked = await self._find_out(parsed)
                settled = settle(parsed, asked)
                await self._hand_on(settled, asked.pull)
                asked = await self._look_again(settled, asked)
        except ActivityError as error:
            reason = failure_reason(error)
            await asyncio.gather(
                self._tried(self._reply([answers.internal_error(reason)])),
                questions.count_failure(self._comment.repo),
            )
            raise _for_good(reason) from error
        _, refused, _ = await asyncio.gather(
            self._react(settled),
            self._tried(self._answer(settled, asked)),
            questions.count(*_events(parsed, settled)),
        )
        if refused:
            await questions.count_failure(self._comment.repo)
            raise _for_good(f"not answered: {refused}")
        return f"{len(settled.orders)} orders, {len(settled.errors)} errors"

    async def _tried(self, answer: Coroutine[Any, Any, None]) -> str:
        """Why GitHub would not take an answer; empty: it has."""
        try:
            await answer
        except ActivityError as error:
            workflow.logger.warning("a comment of @%s is not answered: %s", self._comment.author, error.cause)
            return failure_reason(error)
        return ""

    async def _read(self) -> ParsedComment:
        return await workflow.execute_activity_method(
            CommentActivities.read_comment,
            CommentText(body=self._comment.body, handle=self._policy.handle),
            **policies.QUESTION,
            summary=f"what {self._comment.author} asks for",
        )

    # Who asks, and about what

    async def _find_out(self, parsed: ParsedComment) -> Asked:
        """All that decides, asked for at once, and only what is needed."""
        by_whom = depends_on_who_asks(parsed)
        pull, permission = await asyncio.gather(
            pull_request_since(self._comment.repo, self._comment.number, self._comment.changed_at),
            self._permission(wanted=by_whom),
        )
        projects, view = await asyncio.gather(
            self._projects(pull, wanted=names_projects(parsed)),
            self._view(wanted=asks_how_it_stands(parsed) or (by_whom and self._policy.require_approval)),
        )
        return Asked(
            who=Person(self._comment.author, self._policy, permission),
            pull=pull,
            projects=projects.projects if projects else None,
            project_file_error=projects.project_file_error if projects else None,
            view=view,
        )

    async def _permission(self, *, wanted: bool) -> Permission:
        if not wanted:
            return Permission.NONE
        return await questions.permission_of(self._comment.repo, self._comment.author)

    async def _projects(self, pull: PullRequest, *, wanted: bool) -> ProjectsReport | None:
        if not wanted:
            return None
        return await workflow.execute_activity_method(
            RepositoryActivities.projects,
            ProjectsJob(repo=pull.repo, base_ref=pull.base_ref),
            **policies.MERGE,
            summary=f"projects of {pull.base_ref}",
        )

    async def _view(self, *, wanted: bool) -> PullRequestView | None:
        if not wanted:
            return None
        return await workflow.execute_activity_method(
            ClusterActivities.pull_request_view,
            self._question,
            **policies.QUESTION,
            summary="what its owner knows",
        )

    @property
    def _question(self) -> PullRequestQuestion:
        return PullRequestQuestion(repo=self._comment.repo, number=self._comment.number)

    # What is done about it

    async def _hand_on(self, settled: Settled, pull: PullRequest) -> None:
        if not settled.orders:
            return
        request = Request(
            id=f"comment {self._comment.comment_id}",
            by=self._comment.author,
            pull=pull,
            asker=Asker(comment_id=self._comment.comment_id, login=self._comment.author),
            written_at=self._comment.written_at,
            orders=settled.orders,
        )
        message = OwnerMessage(repo=pull.repo, origin=Origin(pull=pull.number), request=request)
        await workflow.execute_activity_method(
            ClusterActivities.tell_owner, message, **policies.RESULT, summary="tell the owner"
        )

    async def _look_again(self, settled: Settled, asked: Asked) -> Asked:
        """How it stands once the orders of the same comment have been handed on, where that is asked for."""
        if not (settled.orders and settled.wants_status):
            return asked
        if not workflow.patched("status-after-orders"):
            return asked  # a run that another version has begun, which did not look again
        return replace(asked, view=await self._view(wanted=True))

    async def _react(self, settled: Settled) -> None:
        """Show that it was understood. Nothing depends on it."""
        if not settled.accepted:
            return
        try:
            await workflow.execute_activity_method(
                GitHubActivities.react,
                Reaction(repo=self._comment.repo, comment_id=self._comment.comment_id),
                **policies.COSMETIC,
                summary="eyes",
            )
        except ActivityError as error:
            workflow.logger.warning("no reaction: %s", failure_reason(error))

    async def _answer(self, settled: Settled, asked: Asked | None) -> None:
        wrong = replies.reply(
            ParsedComment(commands=settled.commands, errors=settled.errors),
            settled.offer,
            self._policy.handle,
        )
        sections = [*filter(None, (wrong,)), *settled.notes]
        asked_for = []
        if settled.wants_status and asked is not None:
            asked_for.append(await self._status(asked))
        if settled.wants_help:
            asked_for.append(replies.help_text(self._policy.handle))
        if sections or asked_for:
            await self._reply(sections, asked_for)

    async def _reply(self, sections: Sequence[str], asked_for: Sequence[str] = ()) -> None:
        comment = self._comment
        marker = reply_marker(comment.comment_id)
        await workflow.execute_activity_method(
            GitHubActivities.reply,
            Reply(
                repo=comment.repo,
                number=comment.number,
                marker=marker,
                body=answers.whole(sections, marker, asked_for),
            ),
            **policies.RESULT,
            summary="answer",
        )

    async def _status(self, asked: Asked) -> str:
        if asked.view is None and asked.pull.state is PullRequestState.CLOSED:
            page = links.pull_request_url(self._policy, asked.pull.repo, asked.pull.number)
            return answers.stood_last(page)
        if asked.view is None:
            return answers.nothing_known(self._policy.handle)
        moment = status_reply.Moment(
            now=workflow.now(),
            dashboard_url=self._policy.dashboard_url,
            waiting=await self._queues(asked.view),
        )
        return status_reply.status_of(asked.view, moment)

    async def _queues(self, view: PullRequestView) -> dict[System, int]:
        """How long the queues are that its builds stand in. It is said if it can be found out."""
        systems = {build.system for build in view.builds if build.stage is BuildStage.QUEUED}
        if not systems:
            return {}
        try:
            lengths = await workflow.execute_activity_method(
                ClusterActivities.queue_lengths,
                QueuesQuestion(systems=tuple(sorted(systems))),
                **policies.COSMETIC,
                summary="how long the queues are",
            )
        except ActivityError as error:
            workflow.logger.warning("queues not known: %s", failure_reason(error))
            return {}
        return {length.system: length.waiting for length in lengths}


def _for_good(reason: str) -> ApplicationError:
    return ApplicationError(reason, type=FailureKind.PERMANENT, non_retryable=True)


def _events(parsed: ParsedComment, settled: Settled) -> Iterator[Event]:
    yield from (Event(name=EventName.COMMAND_RECEIVED) for _ in parsed.commands)
    yield from (Event(name=EventName.COMMAND_REFUSED) for _ in settled.errors)
