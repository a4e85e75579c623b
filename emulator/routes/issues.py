"""Issues, labels, comments and reactions: the issue side of pull requests too."""

from typing import Any

from emulator import comments, issues
from emulator.access import reads, writes
from emulator.answers import Answer
from emulator.errors import Unprocessable
from emulator.payloads import issues as payloads
from emulator.requests import Endpoint, Request

_READS, _WRITES = reads("issues", "pull_requests"), writes("issues", "pull_requests")


def get_issue(request: Request) -> Answer:
    """One issue."""
    return Answer(200, payloads.full_issue(request.issue, request.root))


def list_labels(request: Request) -> Answer:
    """The labels a repository has, by name."""
    labels = sorted(request.repository.labels.values(), key=lambda each: each.name)
    return request.listed(labels, lambda each: payloads.label(each, request.repository, request.root))


def create_label(request: Request) -> Answer:
    """A new label for a repository."""
    fields = request.fields()
    label = issues.create_label(
        request.github,
        request.repository,
        request.text("name"),
        color=fields.get("color") or "ededed",
        description=fields.get("description"),
    )
    return Answer(201, payloads.label(label, request.repository, request.root))


def get_label(request: Request) -> Answer:
    """One label of a repository."""
    label = issues.label_of(request.repository, request.path["name"])
    return Answer(200, payloads.label(label, request.repository, request.root))


def list_issue_labels(request: Request) -> Answer:
    """The labels on an issue."""
    issue = request.issue
    return request.listed(issue.labels, lambda each: payloads.label(each, issue.repository, request.root))


def add_labels(request: Request) -> Answer:
    """Labels added to an issue; all it has then."""
    issues.add_labels(request.github, request.issue, _names(request.body), request.user)
    return Answer(200, payloads.labels(request.issue, request.root))


def set_labels(request: Request) -> Answer:
    """Exactly these labels on an issue."""
    issues.replace_labels(request.github, request.issue, _names(request.body), request.user)
    return Answer(200, payloads.labels(request.issue, request.root))


def remove_label(request: Request) -> Answer:
    """A label taken off an issue; those it has left."""
    issues.remove_label(request.github, request.issue, request.path["name"], request.user)
    return Answer(200, payloads.labels(request.issue, request.root))


def list_comments(request: Request) -> Answer:
    """The comments on an issue, oldest first."""
    return request.listed(request.issue.comments, lambda each: payloads.comment(each, request.root))


def create_comment(request: Request) -> Answer:
    """A new comment on an issue."""
    token = request.caller.token
    app = token.installation.app if token is not None and token.installation is not None else None
    comment = comments.create(request.github, request.issue, request.user, request.text("body"), app)
    return Answer(201, payloads.comment(comment, request.root))


def get_comment(request: Request) -> Answer:
    """One comment."""
    return Answer(200, payloads.comment(request.comment, request.root))


def update_comment(request: Request) -> Answer:
    """A comment's new text."""
    comments.edit(request.github, request.comment, request.user, request.text("body"))
    return Answer(200, payloads.comment(request.comment, request.root))


def delete_comment(request: Request) -> Answer:
    """A comment removed."""
    comments.delete(request.github, request.comment, request.user)
    return Answer(204)


def list_reactions(request: Request) -> Answer:
    """The reactions to a comment."""
    asked = request.query.get("content")
    found = [each for each in request.comment.reactions if asked in {None, each.content}]
    return request.listed(found, lambda each: payloads.reaction(each, request.root))


def create_reaction(request: Request) -> Answer:
    """A reaction to a comment: 201 if it is new, 200 if it was there."""
    reaction, is_new = comments.react(request.github, request.comment, request.user, request.text("content"))
    return Answer(201 if is_new else 200, payloads.reaction(reaction, request.root))


def _names(body: Any) -> list[str]:
    """Label names from a body that is a list of them, or has one, of strings or of objects with a name."""
    listed = body.get("labels") if isinstance(body, dict) else body
    if not isinstance(listed, list):
        raise Unprocessable('Invalid request.\n\n"labels" wasn\'t supplied.')
    named = [each.get("name") if isinstance(each, dict) else each for each in listed]
    names = [name for name in named if isinstance(name, str)]
    if len(names) < len(named):
        raise Unprocessable("Invalid request.\n\nA label is neither a name nor an object with one.")
    return names


ENDPOINTS = [
    Endpoint("GET /repos/{owner}/{repo}/labels", _READS, list_labels),
    Endpoint("POST /repos/{owner}/{repo}/labels", _WRITES, create_label),
    Endpoint("GET /repos/{owner}/{repo}/labels/{name}", _READS, get_label),
    Endpoint("GET /repos/{owner}/{repo}/issues/comments/{comment_id}", _READS, get_comment),
    Endpoint("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", _WRITES, update_comment),
    Endpoint("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", _WRITES, delete_comment),
    Endpoint("GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", _READS, list_reactions),
    Endpoint("POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", _WRITES, create_reaction),
    Endpoint("GET /repos/{owner}/{repo}/issues/{issue_number}", _READS, get_issue),
    Endpoint("GET /repos/{owner}/{repo}/issues/{issue_number}/labels", _READS, list_issue_labels),
    Endpoint("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", _WRITES, add_labels),
    Endpoint("PUT /repos/{owner}/{repo}/issues/{issue_number}/labels", _WRITES, set_labels),
    Endpoint("DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", _WRITES, remove_label),
    Endpoint("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", _READS, list_comments),
    Endpoint("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", _WRITES, create_comment),
]
