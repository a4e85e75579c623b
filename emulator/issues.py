"""Issues and what is common to them and pull requests: being opened, changing, their labels."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import timedelta

from emulator.errors import NotFound, ValidationFailed
from emulator.github import EmulatedGitHub
from emulator.payloads import events
from emulator.state import Issue, Label, PullRequest, Repository, User

LONGEST_LABEL = 50
MOST_LABELS = 100
_SECOND = timedelta(seconds=1)


def next_number(repository: Repository) -> int:
    """The number the next issue or pull request gets."""
    return max(repository.issues, default=0) + 1


def open_issue(
    github: EmulatedGitHub, repository: Repository, author: User, title: str, body: str | None
) -> Issue:
    """Open an issue that is no pull request."""
    now = github.now()
    issue = Issue(github.next_id(), next_number(repository), repository, title, body, author, now, now)
    repository.issues[issue.number] = issue
    github.announce("issues", repository, author, events.issues("opened", issue, github.url))
    return issue


@contextmanager
def changing(github: EmulatedGitHub, issue: Issue) -> Iterator[None]:
    """A change of an issue: its `updated_at` moves, and a pull request's former version is kept for replicas.

    `updated_at` moves by a second at least, so that of two versions the newer can be told although GitHub's
    times have no fractions.
    """
    before = copy(issue)
    before.labels, before.comments = list(issue.labels), list(issue.comments)
    yield
    issue.updated_at = max(github.now(), issue.updated_at + _SECOND)
    if isinstance(issue, PullRequest) and isinstance(before, PullRequest):
        before.previous = None
        issue.previous = before


def create_label(
    github: EmulatedGitHub,
    repository: Repository,
    name: str,
    *,
    color: str = "ededed",
    description: str | None = None,
) -> Label:
    """Give a repository a label. Raises ValidationFailed if it is too long, or there already."""
    _check_name(name)
    if name.casefold() in repository.labels:
        raise ValidationFailed("Label", "name", "already_exists")
    label = repository.labels[name.casefold()] = Label(github.next_id(), name, color, description)
    github.changes.notify()
    return label


def label_of(repository: Repository, name: str) -> Label:
    """The label `name`, whatever the case. Raises NotFound."""
    try:
        return repository.labels[name.casefold()]
    except KeyError:
        raise NotFound from None


def add_labels(github: EmulatedGitHub, issue: Issue, names: Iterable[str], actor: User) -> None:
    """Put labels on an issue, making those the repository lacks, as GitHub does for who may write.

    Raises ValidationFailed for a name that is too long, and then changes nothing.
    """
    wanted = list(names)
    for name in wanted:
        _check_name(name)
    for name in wanted:
        label = issue.repository.labels.get(name.casefold()) or create_label(github, issue.repository, name)
        if label not in issue.labels:
            _add(github, issue, label, actor)


def remove_label(github: EmulatedGitHub, issue: Issue, name: str, actor: User) -> None:
    """Take a label off an issue. Raises NotFound if it is not on it."""
    label = next((each for each in issue.labels if each.name.casefold() == name.casefold()), None)
    if label is None:
        raise NotFound("Label does not exist")
    with changing(github, issue):
        issue.labels.remove(label)
    _announce_label(github, "unlabeled", issue, label, actor)


def replace_labels(github: EmulatedGitHub, issue: Issue, names: Iterable[str], actor: User) -> None:
    """Leave exactly these labels on an issue."""
    wanted = list(names)
    kept = {name.casefold() for name in wanted}
    for label in [each for each in issue.labels if each.name.casefold() not in kept]:
        remove_label(github, issue, label.name, actor)
    add_labels(github, issue, wanted, actor)


def _add(github: EmulatedGitHub, issue: Issue, label: Label, actor: User) -> None:
    if len(issue.labels) >= MOST_LABELS:
        raise ValidationFailed("Issue", "labels", "custom", f"cannot have more than {MOST_LABELS} labels")
    with changing(github, issue):
        issue.labels.append(label)
    _announce_label(github, "labeled", issue, label, actor)


def _announce_label(github: EmulatedGitHub, action: str, issue: Issue, label: Label, actor: User) -> None:
    if isinstance(issue, PullRequest):
        payload = events.pull_request_label(action, issue, label, github.url)
        github.announce("pull_request", issue.repository, actor, payload)
    else:
        github.announce("issues", issue.repository, actor, events.issues(action, issue, github.url))


def _check_name(name: str) -> None:
    if not name:
        raise ValidationFailed("Label", "name", "missing_field")
    if len(name) > LONGEST_LABEL:
        message = f"name is too long (maximum is {LONGEST_LABEL} characters)"
        raise ValidationFailed("Label", "name", "invalid", message, value=name)
