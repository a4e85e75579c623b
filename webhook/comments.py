"""``issue_comment``: a comment that may hold commands is read, once, by a workflow of its own."""

from tickborg import names
from tickborg.commands.handle import mentions
from tickborg.events.comments import IssueComment, read_issue_comment
from tickborg.github import RepositoryName
from tickborg.hearing import COMMENT_ACTION, HearingPolicy
from tickborg.search_attributes import search_attributes
from tickborg.starts import Start, summary_of
from webhook.decisions import Decision, Ignore
from webhook.payload_fields import action, starts_nothing
from webhook.reading import Delivery


def issue_comment(delivery: Delivery, repo: RepositoryName, policy: HearingPolicy) -> Decision:
    """Have a new comment read that a person wrote on a pull request, and that mentions the bot."""
    done = action(delivery)
    if done != COMMENT_ACTION:
        return starts_nothing(delivery, done)
    comment, place = read_issue_comment(delivery.id, repo, delivery.payload)
    if not place.on_pull_request:
        return Ignore("a comment on an issue that is no pull request starts nothing")
    if place.by_a_bot:
        return Ignore("a comment that a bot wrote starts nothing")
    if not mentions(comment.body, policy.handle):
        return Ignore(f"a comment that does not mention @{policy.handle} starts nothing")
    return _read(comment)


def _read(comment: IssueComment) -> Start:
    repo, number, author = comment.repo, comment.number, comment.author
    return Start(
        workflow=names.COMMENT_WORKFLOW,
        workflow_id=names.comment_id(repo, number, comment.comment_id),
        argument=comment,
        summary=summary_of(f"{repo}#{number} comment by {author}: {comment.body}"),
        author=author,
        attributes=search_attributes(repo, author, pull=number),
    )
