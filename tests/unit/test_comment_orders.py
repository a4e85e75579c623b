"""What the commands of a comment come to, for whoever wrote it (design, section 6)."""

from typing import Any

import pytest

from activities.clients.comments.parsing import parse
from tests.support.samples import build_view, project, project_set, pull_request, pull_request_view
from tickborg.acl import Person
from tickborg.commands.values import ParsedComment
from tickborg.comment_needs import depends_on_who_asks, names_projects, needs_nothing
from tickborg.comment_orders import Asked, Settled, settle
from tickborg.github import Permission, PullRequestState
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.policy import Policy, Trust
from tickborg.requests import BuildOrder, CancelOrder, RetryOrder
from tickborg.systems import System
from tickborg.texts import reasons
from tickborg.texts.replies import reply

HANDLE = "tickbot"
LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
POLICY = Policy(systems=(LINUX, MAC))


def settled(written: str, permission: Permission = Permission.WRITE, **fields: object) -> Settled:
    """What is done about a comment of grace's on a pull request of ada's."""
    values: dict[str, Any] = {"pull": pull_request(), "projects": project_set("cgit", "meshmc"), **fields}
    return settle(parse(written, HANDLE), Asked(who=Person("grace", POLICY, permission), **values))


def said(answer: Settled) -> str:
    """What is answered about mistakes."""
    return reply(ParsedComment(commands=answer.commands, errors=answer.errors), answer.offer, HANDLE)


@pytest.mark.parametrize(
    ("written", "nothing", "who"),
    [
        ("@tickbot help", True, False),
        ("@tickbot biuld", True, False),
        ("@tickbot", True, False),
        ("@tickbot help\n@tickbot status", False, False),
        ("@tickbot eval", False, True),
        ("@tickbot status", False, False),
        ("@tickbot build x on macos", False, False),
        ("@tickbot build x on", False, True),
        ("@tickbot build", False, True),
        ("@tickbot help\n@tickbot cancel", False, True),
    ],
)
def test_what_no_command_needs_is_not_asked(written: str, *, nothing: bool, who: bool) -> None:
    """And cannot fail then."""
    parsed = parse(written, HANDLE)
    assert needs_nothing(parsed) is nothing
    assert depends_on_who_asks(parsed) is who


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("@tickbot build", True),
        ("@tickbot build packages/cgit", True),
        ("@tickbot build on x86_64-linux cgit", True),
        ("@tickbot cancel cgit", True),
        ("@tickbot cancel", False),
        ("@tickbot biuld cgit", False),
        ("@tickbot status", False),
    ],
)
def test_the_projects_are_asked_for_where_a_word_may_mean_one(written: str, *, needed: bool) -> None:
    """Also where no command is left: what was probably meant can be said only by who knows them."""
    assert names_projects(parse(written, HANDLE)) is needed


def test_a_mistake_on_a_closed_pull_request() -> None:
    """The systems are those that there are, although nothing is built on them now."""
    closed = pull_request(state=PullRequestState.CLOSED)
    assert f"there are `{LINUX}`, `{MAC}`" in said(settled("@tickbot build cgit on foo", pull=closed))
    assert "did you mean `meshmc`?" in said(settled("@tickbot build a/meshmc", pull=closed))


@pytest.mark.parametrize(
    ("written", "notes"),
    [
        ("@tickbot cancel", ["There is nothing to cancel: closing"]),
        ("@tickbot retry", ["The pull request is closed"]),
        (
            "@tickbot cancel cgit\n@tickbot build\n@tickbot test\n@tickbot cancel",
            ["There is nothing", "The pull"],
        ),
        ("@tickbot status", []),
    ],
)
def test_what_is_asked_of_a_closed_pull_request(written: str, notes: list[str]) -> None:
    """What ran has been cancelled, and nobody has to open it again for that."""
    said = settled(written, pull=pull_request(state=PullRequestState.CLOSED)).notes
    assert [note[: len(begins)] for note, begins in zip(said, notes, strict=True)] == notes


BUILT = pull_request_view(build_view("Gone", LINUX, None), build_view("CGIT", LINUX, None))


@pytest.mark.parametrize("fields", [{}, {"project_file_error": "line 1", "projects": project_set()}])
@pytest.mark.parametrize(("name", "project"), [("gone", "Gone"), ("cgit", "CGIT")])
def test_what_is_built_can_be_cancelled_by_its_name(name: str, project: str, fields: dict[str, Any]) -> None:
    """Although the target branch has no such project by now, or another way to write it, or a bad file."""
    answer = settled(f"@tickbot cancel {name}", view=BUILT, **fields)
    assert answer.orders == (CancelOrder(projects=(project,)),)
    assert not answer.errors


def test_what_is_built_is_no_project_to_build() -> None:
    """Nothing can be built that the target branch does not have."""
    answer = settled("@tickbot build gone\n@tickbot cancel gnoe\n@tickbot cancel x", view=BUILT)
    assert not answer.orders
    assert "no project `gone`." in said(answer)
    assert "no project `gnoe`; did you mean `Gone`?" in said(answer)


def test_the_same_asked_for_twice_is_one_order() -> None:
    """But not what something else was asked for in between of."""
    twice = settled("@tickbot build cgit\n@tickbot build cgit\n@tickbot eval\n@tickbot build cgit")
    assert [order.kind for order in twice.orders] == ["build", "evaluate", "build"]
    assert len(twice.commands) == 4


@pytest.mark.parametrize(
    ("written", "policy", "systems", "for_everybody"),
    [
        ("@tickbot build cgit", {}, (LINUX, MAC), (LINUX,)),
        ("@tickbot retry", {}, (LINUX, MAC), (LINUX,)),
        (f"@tickbot test on {LINUX}", {}, (LINUX,), (LINUX,)),
        (f"@tickbot build cgit on {MAC} {LINUX}", {}, (MAC, LINUX), (LINUX,)),
        (f"@tickbot build cgit on {MAC}", {"trust": Trust.EVERYONE}, (MAC,), (MAC,)),
        ("@tickbot retry", {"primary_systems": (LINUX, MAC)}, (LINUX, MAC), (LINUX, MAC)),
    ],
)
def test_what_not_everybody_may_ask_for(
    written: str, policy: dict[str, Any], systems: tuple[System, ...], for_everybody: tuple[System, ...]
) -> None:
    """The owner has to know, since it must be sure that whoever asked has seen the head."""
    who = Person("grace", Policy(systems=(LINUX, MAC), **policy), Permission.WRITE)
    (order,) = settle(
        parse(written, HANDLE), Asked(who=who, pull=pull_request(), projects=project_set("cgit"))
    ).orders
    assert isinstance(order, BuildOrder | RetryOrder)
    assert (order.systems, order.for_everybody) == (systems, for_everybody)


@pytest.mark.parametrize(("permission", "orders"), [(Permission.READ, 0), (Permission.WRITE, 1)])
def test_where_there_are_no_primary_systems_only_who_may_push_builds(
    permission: Permission, orders: int
) -> None:
    """And everybody else hears that, instead of having it accepted."""
    asked = Asked(
        who=Person("grace", Policy(systems=(LINUX,), primary_systems=()), permission),
        pull=pull_request(),
        projects=project_set("cgit"),
    )
    answer = settle(parse("@tickbot build cgit", HANDLE), asked)
    assert (len(answer.orders), answer.accepted) == (orders, bool(orders))
    assert ("was not done: builds here are for people who may push" in said(answer)) is not bool(orders)


FAILED = pull_request_view(
    build_view("cgit", MAC, BuildOutcome.FAILURE), evaluation=EvaluationOutcome.EVALUATED
)
MISTAKE = "\n@tickbot biuld"


@pytest.mark.parametrize(
    ("written", "permission", "done"),
    [
        ("@tickbot eval", Permission.READ, True),
        ("@tickbot build", Permission.READ, True),
        ("@tickbot build cgit", Permission.READ, True),
        (f"@tickbot build cgit windows on {LINUX}", Permission.WRITE, True),
        (f"@tickbot build windows on {LINUX}", Permission.WRITE, False),
        ("@tickbot retry", Permission.WRITE, True),
        ("@tickbot retry", Permission.READ, True),
        ("@tickbot cancel", Permission.WRITE, True),
        ("@tickbot status", Permission.WRITE, False),
        ("@tickbot help", Permission.WRITE, False),
    ],
)
def test_that_the_rest_is_done_is_said_where_something_is(
    written: str, permission: Permission, *, done: bool
) -> None:
    """An answer is no doing, and neither is an order that comes to nothing."""
    projects = project_set("cgit", project("windows", systems=(System.X86_64_WINDOWS,)))
    answer = settled(written + MISTAKE, permission, projects=projects, view=FAILED)
    assert ("The rest is being done." in said(answer)) is done


def test_what_comes_to_nothing_for_one_reason_is_one_paragraph() -> None:
    """However many projects and systems it is about: an answer is a few lines."""
    many = project_set(*(project(f"project-{n}", systems=(LINUX,)) for n in range(300)))
    written = f"@tickbot build all on {MAC}\n@tickbot build project-1 on {MAC}\n@tickbot test all on {MAC}"
    [note] = settled(written, projects=many).notes
    assert note.startswith(f"Not built: `project-0` on {MAC}, `project-1` on {MAC}, ")
    assert "and 292 more: " in note


@pytest.mark.parametrize("written", ["@tickbot build macapp", "@tickbot test macapp"])
def test_a_project_for_another_system_is_said_to_be_for_whom_it_is(written: str) -> None:
    """Whoever may not push named no system, and the project file says nothing of that."""
    answer = settled(
        written + MISTAKE, Permission.READ, projects=project_set(project("macapp", systems=(MAC,)))
    )
    [note] = answer.notes
    assert note == f"Not built: `macapp` on {MAC}: {reasons.order_for_writers(MAC)}."
    assert "The rest is being done." not in said(answer)
