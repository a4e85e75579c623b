"""What GitHub has and nobody here has looked at, and the events that tell of it (design, section 3).

An owner is told with an event, as the webhook service would have told it. Its delivery is named after what it
is about, so that an owner that is told twice does it once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import Field

from tickborg import names
from tickborg.deliveries import USUAL_PACE, GivenUp, Pace
from tickborg.events.pull_requests import PullRequestEvent
from tickborg.events.pushes import PushEvent
from tickborg.github import PullRequest, PullRequestState, RepositoryName
from tickborg.messages import Event, EventName, ReconcileOutcome
from tickborg.owners import tell_branch, tell_pull_request
from tickborg.planning import title_matters
from tickborg.starts import Signal, Start
from tickborg.values import Value
from tickborg.views import PullRequestView

GRACE = timedelta(seconds=30)
"""What changed later than this ago is left to its webhook, which may be on its way."""

SKEW = timedelta(minutes=1)
"""How far GitHub's clock and ours may be apart."""


PUSH = "push"

MISSED_KINDS = frozenset({"opened", "reopened", "synchronize", "edited", "ready_for_review", "closed", PUSH})
"""What may be missed: an action of the webhook ``pull_request``, or a push."""


class ServedRepository(Value):
    """A repository that the App is installed on and the bot serves."""

    repo: RepositoryName
    default_branch: str
    pushed_at: datetime | None = None
    """When any of its branches was last pushed to; None: never."""


class BranchTip(Value):
    """What a branch points at."""

    sha: str
    author: str
    """Who wrote that commit."""


class Unread(Value):
    """A part of GitHub's record that was too long to be read with the rest."""

    cursor: str
    """Where it begins, in GitHub's words."""
    since: datetime
    """Where it ends."""


class Marks(Value):
    """How far runs of ``Reconcile`` have come: what each leaves to the next."""

    settled_until: datetime | None = None
    """Every delivery that is older has come to its end, or is ``unread``; None: nobody has looked yet."""
    unread: Unread | None = None
    compared_until: datetime | None = None
    """Every change that is older has been compared with what owners know; None: nobody has looked yet."""
    behind: Mapping[str, datetime | None] = Field(default_factory=dict)
    """Repositories that could not be compared, by full name, with how far they were."""

    def compared(self, repo: RepositoryName) -> datetime | None:
        """From when on changes of ``repo`` have to be compared; None: all of them."""
        until = self.behind.get(str(repo), self.compared_until)
        return None if until is None else until - SKEW


class ReconcileStart(Value):
    """What a ``Reconcile`` workflow is started with, by its schedule."""

    grace: timedelta = GRACE
    """How long a change is left to its webhook."""
    pace: Pace = USUAL_PACE


class ReconcileReport(Value):
    """What a run of ``Reconcile`` found and did."""

    looked_at: int = 0
    """Attempts in GitHub's record of deliveries."""
    complete: bool = True
    """False: the record was too long to be read as far back as it should; the next run goes on."""
    asked: int = 0
    """Deliveries that GitHub was asked to repeat."""
    arrived: int = 0
    """How many of those have arrived."""
    unsettled: int = 0
    """Deliveries that have not arrived and may yet."""
    given_up: tuple[GivenUp, ...] = ()
    """Deliveries that would fail again, and are not asked for."""
    refused: Mapping[int, int] = Field(default_factory=dict)
    """How many of those that may yet arrive wait for a person to mend something, by what is answered."""
    compared: bool = False
    """Whether GitHub was compared with what owners know: not while deliveries may still tell of it."""
    repositories: int = 0
    """How many were compared."""
    told: tuple[str, ...] = ()
    """What owners were told of, in words."""
    failed: tuple[str, ...] = ()
    """What could not be compared, and why."""
    marks: Marks = Field(default_factory=Marks)


class RecordQuestion(Value):
    """What does GitHub's record of deliveries say since some moment?"""

    since: datetime
    cursor: str = ""
    """Only of what is older than that: little at once."""
    about: tuple[str, ...] = ()
    """Guids of deliveries of which is asked whether they have arrived."""
    pace: Pace = USUAL_PACE


class RepeatJob(Value):
    """Have deliveries repeated, each given by the id of one attempt at it."""

    attempts: tuple[int, ...]


class RepeatReport(Value):
    """What a :class:`RepeatJob` came to."""

    gone: tuple[int, ...] = ()
    """Attempts that GitHub no longer repeats."""


class ComparisonJob(Value):
    """Find out what nobody has looked at in ``repository``."""

    repository: ServedRepository
    since: datetime | None = None
    """Changes that are older have been compared; None: nothing has."""
    until: datetime
    """Changes that are newer are left to their webhooks."""


class Missed(Value):
    """An event that no owner knows of: exactly one of the two is set."""

    pull: PullRequestEvent | None = None
    push: PushEvent | None = None

    @property
    def kind(self) -> str:
        """One of :data:`MISSED_KINDS`."""
        return self.pull.action if self.pull is not None else PUSH

    def __str__(self) -> str:
        if self.pull is not None:
            return f"{self.pull.pull.repo}#{self.pull.pull.number} {self.pull.action}"
        return f"{self.push.repo} push to {self.push.branch}" if self.push is not None else "nothing"

    @property
    def start(self) -> Start:
        """How the owner is told."""
        if self.pull is not None:
            return tell_pull_request(self.pull.pull, Signal(names.PULL_REQUEST_EVENT_SIGNAL, self.pull))
        if self.push is None or self.push.branch is None:
            raise ValueError("an event that is about nothing was missed")
        signal = Signal(names.PUSH_EVENT_SIGNAL, self.push)
        return tell_branch(self.push.repo, self.push.branch, self.push.pusher, signal)


def missed_of_pull(pull: PullRequest, view: PullRequestView | None) -> Missed | None:
    """What the owner of ``pull`` has to be told.

    Args:
        pull: as GitHub describes it.
        view: what its running owner knows; None: none runs, or it has heard nothing.
    """
    known = view.pull if view is not None else None
    action = _missed_action(pull, known)
    if action is None:
        return None
    stamp = f"{pull.updated_at:%Y%m%dT%H%M%S}"
    event = PullRequestEvent(
        delivery=f"{names.RECONCILE_DELIVERIES}{pull.number}/{action}/{pull.head_sha}/{stamp}",
        action=action,
        pull=pull,
        base_changed=known is not None and known.base_ref != pull.base_ref,
        previous_title=known.title if known is not None and known.title != pull.title else None,
    )
    return Missed(pull=event)


def _missed_action(pull: PullRequest, known: PullRequest | None) -> str | None:
    """The action of the webhook that would have told of it; None: all is known."""
    if pull.state is PullRequestState.CLOSED:
        return "closed" if known is not None and known.state is PullRequestState.OPEN else None
    if known is None:
        return "opened"
    changes = {
        "reopened": known.state is PullRequestState.CLOSED,
        "synchronize": known.head_sha != pull.head_sha,
        "edited": known.base_ref != pull.base_ref or title_matters(known.title, pull.title),
        "ready_for_review": known.draft and not pull.draft,
    }
    is_older = known.updated_at > pull.updated_at
    return None if is_older else next((action for action, changed in changes.items() if changed), None)


def missed_push(
    repository: ServedRepository, branch: str, tip: BranchTip, last_known: str | None
) -> Missed | None:
    """What the owner of a branch has to be told; a branch that nobody ever looked at is nothing missed.

    Args:
        repository: whose branch it is.
        branch: its name.
        tip: what it points at.
        last_known: the head that its owner, the last there was, knew; None: there was none.
    """
    if last_known is None or last_known == tip.sha:
        return None
    event = PushEvent(
        delivery=f"{names.RECONCILE_DELIVERIES}{last_known}/{tip.sha}",
        repo=repository.repo,
        ref=f"refs/heads/{branch}",
        before=last_known,
        after=tip.sha,
        pusher=tip.author,
        default_branch=repository.default_branch,
    )
    return Missed(push=event)


def outcome_of(report: ReconcileReport) -> ReconcileOutcome:
    """Whether a run has left something undone."""
    if report.failed or not report.complete or report.marks.behind:
        return ReconcileOutcome.FAILED
    if report.refused:
        return ReconcileOutcome.REFUSED
    return ReconcileOutcome.WHOLE if report.compared else ReconcileOutcome.AWAITING


def is_behind(report: ReconcileReport) -> bool:
    """Whether a run leaves something to the next one, or to a person: what is given up is lost."""
    return outcome_of(report) is not ReconcileOutcome.WHOLE or bool(report.given_up)


def events_of(
    report: ReconcileReport, told: Iterable[Missed], now: datetime, *, before: Collection[GivenUp] = ()
) -> tuple[Event, ...]:
    """What is counted of a run that ends ``now``, and that told owners of ``told``.

    What the run ``before`` has given up is in GitHub's record still, and has been counted.
    """
    known = {each.guid for each in before}
    counted = {
        EventName.DELIVERY_ASKED_FOR: report.asked,
        EventName.DELIVERY_ARRIVED: report.arrived,
        EventName.DELIVERY_GIVEN_UP: sum(each.guid not in known for each in report.given_up),
    }
    kinds = Counter(missed.kind for missed in told)
    return (
        Event(name=EventName.RECONCILED, outcome=outcome_of(report), at=now),
        *(Event(name=name, count=count) for name, count in counted.items() if count),
        *(Event(name=EventName.OWNER_TOLD, event=kind, count=count) for kind, count in sorted(kinds.items())),
    )
