"""What of a comment can be done (design, section 6)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.clients.comments.parsing import parse
from tests.support.commands import ANYWHERE, COMMANDS, faults
from tickborg.commands.permission import refused_commands
from tickborg.commands.printing import printed
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
    Test,
    Verb,
)
from tickborg.systems import System

LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
OFFER = Offer(projects=("cgit", "MeshMC", "libnbtplusplus"), systems=(LINUX, MAC), allowed=(LINUX,))


def resolved(*commands: Command, offer: Offer = OFFER) -> tuple[list[str], list[tuple[str, str, str | None]]]:
    """The printed rest, and the errors."""
    answer = resolve(ParsedComment(commands=commands), offer)
    return [printed(command, "tickbot") for command in answer.commands], faults(answer)


def build(*projects: str, systems: tuple[System, ...] = ()) -> Build:
    """A command to build."""
    return Build(place=ANYWHERE, projects=projects, systems=systems)


@pytest.mark.parametrize(
    ("command", "rest", "errors"),
    [
        (build("cgit"), ["@tickbot build cgit"], []),
        (build("CGIT", "meshmc"), ["@tickbot build cgit MeshMC"], []),
        (build("mesmc"), [], [("unknown_project", "mesmc", "MeshMC")]),
        (build("cgit", "mesmc"), ["@tickbot build cgit"], [("unknown_project", "mesmc", "MeshMC")]),
        (build("libnbt"), [], [("unknown_project", "libnbt", "libnbtplusplus")]),
        (build("zlib"), [], [("unknown_project", "zlib", None)]),
        (build("cgit", systems=(LINUX,)), ["@tickbot build cgit on x86_64-linux"], []),
        (build("cgit", systems=(MAC,)), [], [("system_not_allowed", MAC, None)]),
        (build("cgit", systems=(BSD,)), [], [("no_builder", BSD, None)]),
        (
            build("cgit", "zlib", systems=(BSD, LINUX, MAC)),
            ["@tickbot build cgit on x86_64-linux"],
            [("unknown_project", "zlib", None), ("no_builder", BSD, None), ("system_not_allowed", MAC, None)],
        ),
        (Cancel(place=ANYWHERE), ["@tickbot cancel"], []),
        (Cancel(place=ANYWHERE, projects=("Cgit",)), ["@tickbot cancel cgit"], []),
        (
            Cancel(place=ANYWHERE, projects=("everything",)),
            [],
            [("unknown_project", "everything", None)],
        ),
        (Eval(place=ANYWHERE), ["@tickbot eval"], []),
    ],
)
def test_what_is_known_and_allowed_is_left(
    command: Command, rest: list[str], errors: list[tuple[str, str, str | None]]
) -> None:
    """And what is not is an error; what was meant for one project or system is never done for all."""
    assert resolved(command) == (rest, errors)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@tickbot build on x86_64-linux MESHMC", "build MeshMC on x86_64-linux"),
        ("@tickbot test on cgit", "test cgit"),
        ("@tickbot build on x86_64-linux gcit", None),
        ("@tickbot build on x86_64-linux aarch64-darwn", "aarch64-darwin"),
    ],
)
def test_a_project_behind_on_is_put_before_it(written: str, meant: str | None) -> None:
    """And is not done: what was meant for one project is never done for all that the head changes."""
    answer = resolve(parse(written, "tickbot"), OFFER)
    assert not answer.commands
    assert [error.meant for error in answer.errors] == [meant]


def test_a_wrong_name_beside_all_is_named() -> None:
    """Everything is built all the same; one that is known is no mistake."""
    answer = resolve(parse("@tickbot build all mesmc cgit", "tickbot"), OFFER)
    assert [printed(command, "tickbot") for command in answer.commands] == ["@tickbot build all"]
    assert faults(answer) == [("unknown_project", "mesmc", "MeshMC")]


def test_all_projects_are_those_that_are_known() -> None:
    """In their order, and remembered as all."""
    command = Test(place=ANYWHERE, all_projects=True, systems=(LINUX,))
    (rest,) = resolve(ParsedComment(commands=(command,)), OFFER).commands
    assert rest == command.model_copy(update={"projects": tuple(OFFER.projects)})


def test_all_projects_of_none_are_none() -> None:
    """Which is an answer and not silence."""
    nothing = replace(OFFER, projects=())
    command = Build(place=ANYWHERE, all_projects=True)
    assert resolved(command, offer=nothing) == ([], [("nothing_to_build", "", None)])


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("packages/CGit", "cgit"),
        ("./mesmc/", "MeshMC"),
        ("libnbt++/x y", None),
        ("cgît", "cgit"),
        ("/", None),
    ],
)
def test_what_can_be_no_name_may_still_mean_one(word: str, meant: str | None) -> None:
    """Of a path, the last step; what is no project at all stays as it was."""
    error = CommandError(kind=ErrorKind.UNKNOWN_PROJECT, place=ANYWHERE, verb=Verb.BUILD, word=word)
    (found,) = resolve(ParsedComment(errors=(error,)), OFFER).errors
    assert found == error.model_copy(update={"meant": meant})


def test_errors_are_in_the_order_of_the_comment() -> None:
    """Those that the comment alone showed, and those that it did not."""
    places = [Place(line=line, column=1) for line in (1, 2, 3)]
    late = CommandError(kind=ErrorKind.UNKNOWN_COMMAND, place=places[2], word="x")
    early = CommandError(kind=ErrorKind.NO_COMMAND, place=places[0])
    command = Build(place=places[1], projects=("zlib",))
    answer = resolve(ParsedComment(commands=(command,), errors=(early, late)), OFFER)
    assert [error.kind.value for error in answer.errors] == [
        "no_command",
        "unknown_project",
        "unknown_command",
    ]


@pytest.mark.parametrize("verb", ["build", "test"])
@pytest.mark.parametrize("what", ["", " cgit", " all", " zlib"])
def test_who_may_build_nowhere_is_told_so(verb: str, what: str) -> None:
    """There may be no primary systems; an order without a system would be taken, and nothing come of it."""
    nowhere = replace(OFFER, allowed=())
    answer = resolve(parse(f"@tickbot {verb}{what}", "tickbot"), nowhere)
    assert (answer.commands, faults(answer)) == ((), [("nowhere_allowed", "", None)])
    named = resolve(parse(f"@tickbot {verb} cgit on {LINUX}", "tickbot"), nowhere)
    assert (named.commands, faults(named)) == ((), [("system_not_allowed", LINUX, None)])


def test_a_command_that_one_may_not_use_is_refused() -> None:
    """And the others are done."""
    offer = replace(OFFER, refused=frozenset({Verb.CANCEL}))
    commands = Cancel(place=ANYWHERE, projects=("zlib",)), Retry(place=ANYWHERE)
    assert resolved(*commands, offer=offer) == (["@tickbot retry"], [("command_not_allowed", "", None)])


@pytest.mark.parametrize(
    ("trusted", "author", "awaits_approval", "expected"),
    [
        (True, False, True, set()),
        (False, True, False, set()),
        (False, False, False, {Verb.CANCEL}),
        (False, True, True, {Verb.BUILD, Verb.TEST, Verb.RETRY}),
        (False, False, True, {Verb.BUILD, Verb.TEST, Verb.RETRY, Verb.CANCEL}),
    ],
)
def test_who_may_use_which_command(
    *, trusted: bool, author: bool, awaits_approval: bool, expected: set[Verb]
) -> None:
    """A stranger stops nobody's builds, and nobody lets in their own first contribution."""
    assert refused_commands(trusted=trusted, author=author, awaits_approval=awaits_approval) == expected


OFFERS = st.builds(
    Offer,
    projects=st.lists(st.sampled_from(["a", "B", "c.d", "all-of-it"]), unique=True),
    systems=st.sets(st.sampled_from(System)),
    allowed=st.sets(st.sampled_from(System)),
    refused=st.sets(st.sampled_from(Verb)),
)


@given(st.lists(COMMANDS), OFFERS)
def test_nothing_is_done_that_was_not_offered(commands: list[Command], offer: Offer) -> None:
    """Whatever is asked for, by whomever, and nothing is dropped without a word."""
    answer = resolve(ParsedComment(commands=tuple(commands)), offer)
    for command in answer.commands:
        assert command.verb not in offer.refused
        if isinstance(command, Build | Test):
            assert command.projects
            assert offer.allowed
            assert set(command.projects) <= set(offer.projects)
            assert set(command.systems) <= set(offer.allowed)
    assert len(answer.commands) + len(answer.errors) >= len(commands)
    assert resolve(ParsedComment(commands=answer.commands), offer).errors == ()


def test_help_is_for_everybody() -> None:
    """Nothing about it can be wrong."""
    assert resolved(Help(place=ANYWHERE)) == (["@tickbot help"], [])
