"""Comments on issues and pull requests, and reactions to them."""

from emulator.errors import ValidationFailed
from emulator.github import EmulatedGitHub
from emulator.issues import changing
from emulator.payloads import events
from emulator.payloads.issues import REACTIONS
from emulator.state import App, Comment, Issue, Reaction, User

LONGEST_COMMENT = 65_536


def create(github: EmulatedGitHub, issue: Issue, author: User, body: str, app: App | None = None) -> Comment:
    """Comment on an issue, through an App if it is the bot who speaks. Raises ValidationFailed."""
    _check_body(body)
    now = github.now()
    comment = Comment(github.next_id(), issue, author, body, now, now, app)
    with changing(github, issue):
        issue.comments.append(comment)
        issue.repository.comments[comment.id] = comment
    _announce(github, "created", comment, author)
    return comment


def edit(github: EmulatedGitHub, comment: Comment, actor: User, body: str) -> None:
    """Change what a comment says. Raises ValidationFailed."""
    _check_body(body)
    before = comment.body
    with changing(github, comment.issue):
        comment.body, comment.updated_at = body, github.now()
    _announce(github, "edited", comment, actor, changes={"body": {"from": before}})


def delete(github: EmulatedGitHub, comment: Comment, actor: User) -> None:
    """Remove a comment."""
    with changing(github, comment.issue):
        comment.issue.comments.remove(comment)
        del comment.issue.repository.comments[comment.id]
    _announce(github, "deleted", comment, actor)


def react(github: EmulatedGitHub, comment: Comment, user: User, content: str) -> tuple[Reaction, bool]:
    """Leave a reaction; return it and whether it is new: the same twice is one. Raises ValidationFailed."""
    if content not in REACTIONS:
        raise ValidationFailed("Reaction", "content", "invalid", value=content)
    left = [each for each in comment.reactions if each.user is user and each.content == content]
    if left:
        return left[0], False
    reaction = Reaction(github.next_id(), user, content, github.now())
    comment.reactions.append(reaction)
    github.changes.notify()
    return reaction, True


def _announce(github: EmulatedGitHub, action: str, comment: Comment, actor: User, **more: object) -> None:
    payload = events.issue_comment(action, comment, github.url, **more)
    github.announce("issue_comment", comment.issue.repository, actor, payload)


def _check_body(body: str) -> None:
    if not body.strip():
        raise ValidationFailed("IssueComment", "body", "missing_field")
    if len(body) > LONGEST_COMMENT:
        message = f"body is too long (maximum is {LONGEST_COMMENT} characters)"
        raise ValidationFailed("IssueComment", "body", "custom", message)
