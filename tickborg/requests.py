"""What people ask the owner of a pull request or branch for, by a comment or a button (design, section 6).

Whoever hands a request over has found out what the person may do; an owner carries out what it is given, and
decides only what that means for the builds it has.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tickborg.external_ids import BuildReference
from tickborg.github import PullRequest, RepositoryName
from tickborg.jobs import BuildMode, Origin
from tickborg.systems import System
from tickborg.values import Value


class Asker(Value):
    """Who asks in a comment, which is where they are answered."""

    comment_id: int
    login: str


class PressedCheck(Value):
    """The check run that somebody pressed *Re-run* of, or of *Re-run all checks* one of them.

    GitHub has put its suite back into the queue, and waits for a word about a run of it.
    """

    build: BuildReference
    head_sha: str


class EvaluateOrder(Value):
    """Evaluate the head again."""

    kind: Literal["evaluate"] = "evaluate"
    fresh: bool = True
    """With the target branch as it is now, which ends builds and evaluations under way; False: an evaluation
    under way is joined, and else the head is merged with the base pinned for it."""
    rebuild_on: tuple[System, ...] = ()
    """Where what has a result already is built again too."""


class BuildOrder(Value):
    """Build projects."""

    kind: Literal["build"] = "build"
    projects: tuple[str, ...] = ()
    """Names of known projects; none: those that the head changes."""
    systems: tuple[System, ...]
    """Where: what was asked for, or else all that this person may use."""
    named_systems: bool = False
    """True: ``systems`` were asked for by name."""
    mode: BuildMode = BuildMode.BUILD
    approves: bool = False
    """Whether whoever asks may let a first contribution in."""
    for_everybody: tuple[System, ...] = ()
    """Those of ``systems`` where everybody may build."""
    doubted: tuple[System, ...] = ()
    """Where else this person may build, but may not have meant the head that there is."""
    asker: Asker | None = None
    """Who asks; None: somebody who pressed a button."""
    pressed: PressedCheck | None = None
    """Where the button was; None: it was none that GitHub waits for a word about."""
    answered: bool = False
    """Whether they have been told what of it comes to nothing."""
    without: tuple[str, ...] = ()
    """Projects that somebody has cancelled since, where none were named."""
    ends: int | None = None
    """How many of the owner's builds had ended when it came: one that ends later is what it asks for."""

    @property
    def whom(self) -> Asker | PressedCheck | None:
        """Whom to answer, or where."""
        return self.asker or self.pressed


class RetryOrder(Value):
    """Build again what came to no good on the head."""

    kind: Literal["retry"] = "retry"
    systems: tuple[System, ...]
    """Where this person may build."""
    for_everybody: tuple[System, ...] = ()
    """Those of ``systems`` where everybody may build."""
    doubted: tuple[System, ...] = ()
    """Where else this person may build, but may not have meant the head that there is."""


class CancelOrder(Value):
    """End what runs."""

    kind: Literal["cancel"] = "cancel"
    projects: tuple[str, ...] = ()
    """None: everything."""


class ButtonOrder(Value):
    """Do something about one build, of whose check run somebody pressed a button."""

    kind: Literal["button"] = "button"
    button: Literal["rerun", "test", "cancel"]
    build: BuildReference
    head_sha: str


class NoticedBuild(Value):
    """A build that a notice is about. It is over when somebody asks for that again, and it begins."""

    project: str
    system: System
    mode: BuildMode | None = None
    """The mode in which it makes the notice untrue, too, if it comes out well; None: in no mode."""

    @classmethod
    def of(cls, build: BuildReference) -> "NoticedBuild":
        """The build whose button was pressed."""
        return cls(project=build.project, system=build.system)


class UnsentAnswer(Value):
    """What somebody is to be told of what they asked for, once all that comes of it is known."""

    whom: Asker | PressedCheck
    text: str
    about: tuple[NoticedBuild, ...] = ()
    """The builds that it says are not made."""


class NoticeOrder(Value):
    """Say something, in the summary comment too: the answer to a button that was not to be pressed."""

    kind: Literal["notice"] = "notice"
    text: str
    about: tuple[NoticedBuild, ...] = ()
    """The builds that nothing is done about, where that is not for good."""


Order = Annotated[
    EvaluateOrder | BuildOrder | RetryOrder | CancelOrder | ButtonOrder | NoticeOrder,
    Field(discriminator="kind"),
]


class Request(Value):
    """Orders of one person, given at once."""

    id: str
    """What it is known by, however often it comes: ``comment {id}``, or the delivery of a button."""
    by: str
    """The person's login."""
    pull: PullRequest | None = None
    """The pull request as GitHub describes it now; None: it is about a branch."""
    asker: Asker | None = None
    """Who wrote the comment; None: it was none."""
    pressed: PressedCheck | None = None
    """Where a button was pressed; None: it was none that GitHub waits for a word about."""
    written_at: datetime | None = None
    """By GitHub's clock, when the comment was written; None: it was none."""
    orders: tuple[Order, ...]

    @property
    def whom(self) -> Asker | PressedCheck | None:
        """Whom to answer, or where."""
        return self.asker or self.pressed


class OwnerMessage(Value):
    """A request on its way to the owner, who is started if there is none."""

    repo: RepositoryName
    origin: Origin
    request: Request
