"""What the commands of a comment come to: orders for the owner, and what the bot has to answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from tickborg.acl import Person, needs_approval
from tickborg.commands.permission import refused_commands
from tickborg.commands.resolving import Offer, resolve
from tickborg.commands.values import (
    Build,
    Cancel,
    Command,
    CommandError,
    ErrorKind,
    Eval,
    Help,
    ParsedComment,
    Place,
    Retry,
    Status,
    Test,
    Verb,
)
from tickborg.github import Permission, PullRequest, PullRequestState
from tickborg.jobs import BuildMode, SkippedBuild
from tickborg.order_planning import builds_of_order, not_made
from tickborg.projects import ProjectSet
from tickborg.requests import BuildOrder, CancelOrder, EvaluateOrder, Order, RetryOrder
from tickborg.texts import answers
from tickborg.views import PullRequestView

_CHANGE_SOMETHING = (Build, Test, Eval, Retry, Cancel)
_WHEREVER = Place(line=1, column=1)
_OF_PROJECTS = frozenset({ErrorKind.UNKNOWN_PROJECT, ErrorKind.NOTHING_TO_BUILD})


@dataclass(frozen=True)
class Asked:
    """Who asks, and about what."""

    who: Person
    pull: PullRequest
    projects: ProjectSet | None = None
    """Those of the target branch; None: no command names one."""
    project_file_error: str | None = None
    view: PullRequestView | None = None
    """What the owner knows; None: there is none, or nobody needs to know."""


NO_OFFER = Offer(projects=(), systems=(), allowed=())


@dataclass(frozen=True)
class Settled:
    """What is done about a comment."""

    orders: tuple[Order, ...] = ()
    commands: tuple[Command, ...] = ()
    """What is done, and not only answered."""
    errors: tuple[CommandError, ...] = ()
    """What is not done, and why."""
    offer: Offer = NO_OFFER
    notes: tuple[str, ...] = ()
    """Markdown: what else the one who asked should know."""
    wants_status: bool = False
    wants_help: bool = False

    @property
    def accepted(self) -> bool:
        """Whether anything of it is taken up; what comes of that is for the owner to say."""
        return bool(self.orders) or self.wants_status or self.wants_help


def settle_unasked(parsed: ParsedComment) -> Settled:
    """What is answered to a comment for which nothing has to be known."""
    return Settled(errors=parsed.errors, wants_help=_has(parsed.commands, Help))


def settle(parsed: ParsedComment, asked: Asked) -> Settled:
    """What is done about a comment, and what is answered."""
    if asked.pull.state is PullRequestState.CLOSED:
        return _settle_closed(parsed, asked)
    offer = _offer(asked)
    known = resolve(parsed, offer)
    if asked.project_file_error is None:
        return _settled(known, offer, asked, ())
    note = answers.bad_project_file(asked.pull.base_ref, asked.project_file_error)
    return _settled(_without_builds(known, parsed.errors), offer, asked, (note,))


def _without_builds(known: ParsedComment, errors: Iterable[CommandError]) -> ParsedComment:
    """What is left where nobody can know the projects; that one is unknown, then, is nobody's mistake."""
    of_the_comment = frozenset(errors)
    return ParsedComment(
        commands=tuple(command for command in known.commands if not isinstance(command, Build | Test)),
        errors=tuple(
            error
            for error in known.errors
            if error in of_the_comment or error.kind not in _OF_PROJECTS or error.verb is Verb.CANCEL
        ),
    )


def _settle_closed(parsed: ParsedComment, asked: Asked) -> Settled:
    offer = _offer(asked)
    notes = (
        answers.closed_cancel() if isinstance(command, Cancel) else answers.closed()
        for command in parsed.commands
        if isinstance(command, _CHANGE_SOMETHING)
    )
    return Settled(
        errors=resolve(ParsedComment(errors=parsed.errors), offer).errors,
        offer=offer,
        notes=tuple(dict.fromkeys(notes)),
        wants_status=_has(parsed.commands, Status),
        wants_help=_has(parsed.commands, Help),
    )


def _settled(known: ParsedComment, offer: Offer, asked: Asked, notes: tuple[str, ...]) -> Settled:
    meanings = list(_meanings(known.commands, asked))
    orders = (meaning.order for _, meaning in meanings if meaning.order is not None)
    remarks = dict.fromkeys(remark for _, meaning in meanings for remark in meaning.remarks)
    skipped = [build for _, meaning in meanings for build in meaning.skipped]
    return Settled(
        orders=tuple(order for order, _ in groupby(orders)),
        commands=tuple(command for command, meaning in meanings if meaning.does_something),
        errors=known.errors,
        offer=offer,
        notes=(*notes, *remarks, *answers.not_made(skipped)),
        wants_status=_has(known.commands, Status),
        wants_help=_has(known.commands, Help),
    )


def _has(commands: Iterable[Command], kind: type[Command]) -> bool:
    return any(isinstance(command, kind) for command in commands)


def _offer(asked: Asked) -> Offer:
    return Offer(
        projects=_project_names(asked),
        systems=asked.who.policy.systems,
        allowed=asked.who.systems,
        refused=refused_commands(
            trusted=asked.who.trusted,
            author=asked.who.wrote(asked.pull),
            awaits_approval=_awaits_approval(asked),
        ),
        built=_built(asked),
    )


def _project_names(asked: Asked) -> list[str]:
    return [project.name for project in asked.projects.projects] if asked.projects else []


def _built(asked: Asked) -> list[str]:
    """What has builds, by the projects that there were when these were planned."""
    return list(dict.fromkeys(build.project for build in asked.view.builds)) if asked.view else []


@dataclass(frozen=True)
class _Meaning:
    """What one command comes to."""

    order: Order | None = None
    """For the owner, who knows best what becomes of it; None: it is only answered."""
    remarks: tuple[str, ...] = ()
    """What is to be said of it."""
    skipped: tuple[SkippedBuild, ...] = ()
    """What of it comes to nothing."""
    idle: bool = False
    """Whether nothing becomes of the order, as far as is known here."""

    @property
    def does_something(self) -> bool:
        return self.order is not None and not self.idle


def _meanings(commands: Iterable[Command], asked: Asked) -> Iterator[tuple[Command, _Meaning]]:
    """Each command and what it comes to, which is found out once for all that ask for the same."""
    found: dict[Command, _Meaning] = {}
    for command in commands:
        wherever = command.model_copy(update={"place": _WHEREVER})
        if wherever not in found:
            found[wherever] = _meaning(command, asked)
        yield command, found[wherever]


def _meaning(command: Command, asked: Asked) -> _Meaning:
    match command:
        case Build() | Test():
            return _meaning_of_build(command, asked)
        case Eval():
            return _Meaning(EvaluateOrder(fresh=asked.who.has_a_say_in(asked.pull)))
        case Retry():
            return _Meaning(_retry(asked.who))
        case Cancel() if asked.view is None:
            return _Meaning(remarks=(answers.nothing_to_cancel(command.projects),))
        case Cancel():
            return _Meaning(CancelOrder(projects=command.projects))
        case _:
            return _Meaning()


def _retry(who: Person) -> RetryOrder:
    return RetryOrder(
        systems=who.systems,
        privileged=who.is_needed_for(who.systems),
        for_everybody=who.for_everybody_among(who.systems),
    )


def _meaning_of_build(command: Build | Test, asked: Asked) -> _Meaning:
    systems = command.systems or asked.who.systems
    order = BuildOrder(
        projects=command.projects,
        systems=systems,
        named_systems=bool(command.systems),
        mode=BuildMode.TEST if isinstance(command, Test) else BuildMode.BUILD,
        approves=asked.who.trusted,
        privileged=asked.who.is_needed_for(systems),
        for_everybody=asked.who.for_everybody_among(systems),
    )
    projects = asked.projects or ProjectSet()
    skipped = not_made(order, projects, asked.who.policy)
    idle = bool(skipped) and not builds_of_order(order, projects, (), asked.who.policy)
    told = order.model_copy(update={"answered": bool(skipped)})
    return _Meaning(told, skipped=skipped, idle=idle)


def _awaits_approval(asked: Asked) -> bool:
    if asked.view is not None:
        return asked.view.awaits_approval
    # Nothing is known yet. The author's permission is not asked for: a member who hides that is taken for a
    # newcomer until an evaluation has found it out, which `eval` is enough for.
    return needs_approval(asked.who.policy, Permission.READ, asked.pull)
