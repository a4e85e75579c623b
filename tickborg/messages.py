"""What RabbitMQ carries: build logs and stats events (design, section 10)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

LOGS_EXCHANGE = "logs"
LOGS_QUEUE = "build-logs"
STATS_EXCHANGE = "stats"
STATS_QUEUE = "stats-events"
DEAD_LETTER_EXCHANGE = "tickborg.dead-letter"
DEAD_LETTER_QUEUE = "tickborg.dead-letter"


def log_routing_key(attempt_id: UUID) -> str:
    """The routing key of one attempt's log on :data:`LOGS_EXCHANGE`."""
    return f"logs.{attempt_id}"


LAST_LINE = 10**9
"""The highest number that a line may have: what is beyond is no log, and would be a hole without end."""


class Message(BaseModel):
    """A message's JSON body. Fields that a newer sender added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class BuildLogStart(Message):
    """The first message of an attempt's log."""

    type: Literal["start"] = "start"
    attempt_id: UUID
    identity: str
    system: str
    project: str
    repo: str
    pr: int | None = None
    branch: str | None = None
    """Set where a push is built."""
    head_sha: str
    attempted_attrs: list[str] = []
    skipped_attrs: list[str] = []
    started_at: datetime


class BuildLogMsg(Message):
    r"""One or more lines, joined by ``\n``; ``line_number`` is the first one's, counted from 1."""

    type: Literal["lines"] = "lines"
    attempt_id: UUID
    identity: str
    system: str
    line_number: int = Field(ge=1, le=LAST_LINE)
    output: str


class BuildLogStatus(StrEnum):
    """How an attempt's log ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    ERROR = "error"
    LOST = "lost"
    """The builder died; what it had kept is all there is."""


class BuildLogEnd(Message):
    """The last message of an attempt's log."""

    type: Literal["end"] = "end"
    attempt_id: UUID
    status: BuildLogStatus
    line_count: int | None = Field(default=None, ge=0, le=LAST_LINE)
    """Lines the builder sent; None when it died and nobody knows."""
    ended_at: datetime
    of: BuildLogStart | None = None
    """Said when the builder died, which may have had no time for it: what it is the log of."""


LogMessage = Annotated[BuildLogStart | BuildLogMsg | BuildLogEnd, Field(discriminator="type")]
LOG_MESSAGE: TypeAdapter[BuildLogStart | BuildLogMsg | BuildLogEnd] = TypeAdapter(LogMessage)


class EventName(StrEnum):
    """What happened, as the stats collector counts it."""

    JOB_RECEIVED = "JobReceived"
    JOB_DECODE_SUCCESS = "JobDecodeSuccess"
    JOB_DECODE_FAILURE = "JobDecodeFailure"
    EVAL_STARTED = "EvalStarted"
    EVAL_COMPLETED = "EvalCompleted"
    BUILD_STARTED = "BuildStarted"
    BUILD_COMPLETED = "BuildCompleted"
    ISSUE_ALREADY_CLOSED = "IssueAlreadyClosed"
    MERGE_CONFLICT = "MergeConflict"
    WHOLE_MERGE = "WholeMerge"
    SUPERSEDED = "Superseded"
    COMMAND_RECEIVED = "CommandReceived"
    COMMAND_REFUSED = "CommandRefused"
    LOG_LINES_LOST = "LogLinesLost"
    LOG_CUT_SHORT = "LogCutShort"
    """A log lost lines in so many places that no more of it is kept."""
    INTERNAL_ERROR = "InternalError"
    PERMANENT_FAILURE = "PermanentFailure"
    """Something could not be done, or GitHub not be told of it, and was given up: a person has to act."""
    NO_BUILDER = "NoBuilder"
    """A build that waits has looked for a builder of its system once more, and none is online."""
    NO_ROOM = "NoRoom"
    """A builder has looked once more whether there is room for a build, and there is none."""
    LOGS_NOT_WRITTEN = "LogsNotWritten"
    """The disk of the log store has refused a log once more: it is full, or broken."""
    HOUSEKEEPING_FAILED = "HousekeepingFailed"
    """A run of ``Housekeeping`` could not tidy a host."""
    CALL_PUT_OFF = "CallPutOff"
    """A step was not shown, because few calls to GitHub are left."""
    QUOTA_READ = "QuotaRead"
    """GitHub said how many calls are left, and that is news."""
    RECONCILED = "Reconciled"
    """A run of ``Reconcile`` came to its end; its outcome says whether nothing was left undone."""
    DELIVERY_ASKED_FOR = "DeliveryAskedFor"
    """GitHub was asked to repeat a delivery that had failed."""
    DELIVERY_ARRIVED = "DeliveryArrived"
    """One that was asked for has arrived."""
    DELIVERY_GIVEN_UP = "DeliveryGivenUp"
    """One would fail again as it did before, and is not asked for any more: what it told is lost."""
    OWNER_TOLD = "OwnerTold"
    """``Reconcile`` told an owner of something that no webhook had told."""


class ReconcileOutcome(StrEnum):
    """How a run of ``Reconcile`` ended."""

    WHOLE = "whole"
    """Nothing was left to the next run but what was too new."""
    AWAITING = "awaiting"
    """Deliveries have still to arrive, so nothing was compared: the webhook is away."""
    REFUSED = "refused"
    """Deliveries are answered that something is set up wrong: a person has to mend it."""
    FAILED = "failed"
    """Something could not be looked at, or was too much for one run."""


class QuotaReading(Message):
    """What GitHub last said of the hour's calls of one installation."""

    owner: str
    """Whose installation it is."""
    limit: int = Field(ge=0, le=10**9)
    remaining: int = Field(ge=0, le=10**9)
    resets_at: AwareDatetime


class Event(Message):
    """One thing that happened. What becomes a metric's label is of bounded variety."""

    name: EventName
    event: str | None = None
    """The webhook's name, of JobReceived and the JobDecode… two; of OwnerTold its action, or ``push``."""
    repo: str | None = None
    project: str | None = None
    system: str | None = None
    outcome: str | None = None
    reason: str | None = None
    """Of BuildCompleted: why no builder came to a result, a :class:`tickborg.setbacks.GivenUp`."""
    count: int = Field(default=1, ge=0, le=10**15)
    seconds: float | None = Field(default=None, ge=0, le=10**15)
    """How long it took, where it took time."""
    at: AwareDatetime | None = None
    """When it was, where operators ask for that."""
    quota: QuotaReading | None = None
    """Of QuotaRead."""


class EventMessage(Message):
    """Events of one sender."""

    sender: str
    events: list[Event]


EVENT_MESSAGE: TypeAdapter[EventMessage] = TypeAdapter(EventMessage)
