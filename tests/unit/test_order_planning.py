"""What a person who asks for builds gets (design, section 6)."""

from tests.support.samples import MERGE, project, project_set, pull_request
from tickborg.jobs import BuildMode
from tickborg.order_planning import builds_of_order, not_certain, not_made
from tickborg.policy import Policy
from tickborg.requests import BuildOrder
from tickborg.sources import Source
from tickborg.systems import System
from tickborg.texts import reasons

LINUX, MAC, ARM = System.X86_64_LINUX, System.AARCH64_DARWIN, System.AARCH64_WINDOWS
BSD = System.X86_64_FREEBSD
POLICY = Policy(systems=(LINUX, MAC, ARM))
PROJECTS = project_set(
    project("bsd", systems=(BSD,)),
    "cgit",
    project("launcher", systems=(MAC,), needs=("nbt",)),
    project("nbt"),
)


def built(order: BuildOrder, *changed: str) -> list[str]:
    """The builds, in words."""
    builds = builds_of_order(order, PROJECTS, changed, POLICY)
    return [f"{build.mode} {build.project} on {build.system}" for build in builds]


def refused(order: BuildOrder) -> list[str]:
    """What is not made, in words."""
    return [f"{each.project} on {each.system}" for each in not_made(order, PROJECTS, POLICY)]


def why_not(order: BuildOrder) -> list[str]:
    """Why it is not made."""
    return [each.reason for each in not_made(order, PROJECTS, POLICY)]


def test_what_is_named_is_built_where_it_can_be() -> None:
    """A system that a project does not have is passed over where no system was asked for by name."""
    order = BuildOrder(projects=("cgit", "launcher"), systems=(LINUX, MAC))
    assert built(order) == [
        "build cgit on x86_64-linux",
        "build cgit on aarch64-darwin",
        "build launcher on aarch64-darwin",
    ]
    assert refused(order) == []


def test_a_system_asked_for_by_name_is_answered_for() -> None:
    """What comes to nothing is said."""
    order = BuildOrder(projects=("cgit", "launcher"), systems=(LINUX,), named_systems=True)
    assert built(order) == ["build cgit on x86_64-linux"]
    assert refused(order) == ["launcher on x86_64-linux"]


def test_a_project_that_is_built_nowhere_is_answered_for() -> None:
    """Although no system was named: silence would be no answer, and the system is the one that it has."""
    order = BuildOrder(projects=("launcher",), systems=(LINUX,))
    assert (built(order), refused(order)) == ([], ["launcher on aarch64-darwin"])
    assert why_not(order) == [reasons.order_for_writers(MAC)]


def test_a_project_for_which_there_are_no_builders_is_answered_for() -> None:
    """Who asks makes no difference there."""
    order = BuildOrder(projects=("bsd",), systems=POLICY.systems)
    assert (built(order), refused(order)) == ([], ["bsd on x86_64-freebsd"])
    assert why_not(order) == [reasons.no_such_builder(BSD)]


def test_tests_run_on_test_systems_only() -> None:
    """On the others there is nothing to do, and where one was named that is said."""
    order = BuildOrder(projects=("cgit",), systems=(LINUX, ARM), mode=BuildMode.TEST)
    assert built(order) == ["test cgit on x86_64-linux"]
    named = BuildOrder(projects=("cgit",), systems=(ARM,), named_systems=True, mode=BuildMode.TEST)
    assert refused(named) == ["cgit on aarch64-windows"]
    assert why_not(named) == [reasons.tests_elsewhere()]
    nowhere = BuildOrder(projects=("launcher",), systems=(LINUX,), mode=BuildMode.TEST)
    assert why_not(nowhere) == [reasons.order_for_writers(MAC)]


def test_nobody_named_means_what_has_changed() -> None:
    """And no more."""
    assert built(BuildOrder(systems=(LINUX,)), "nbt") == ["build nbt on x86_64-linux"]


def test_what_a_project_needs_goes_with_it() -> None:
    """As with automatic builds."""
    [build] = builds_of_order(BuildOrder(projects=("launcher",), systems=(MAC,)), PROJECTS, (), POLICY)
    job = Source.of_pull(pull_request(), MERGE, PROJECTS).job(build)
    assert [needed.name for needed in job.needs] == ["nbt"]


def test_a_project_that_is_none_by_now_is_passed_over() -> None:
    """The base that the head is merged with may be older than the branch that was asked."""
    assert built(BuildOrder(projects=("new", "nbt"), systems=(LINUX,))) == ["build nbt on x86_64-linux"]


def test_what_somebody_may_have_but_not_of_a_head_that_may_be_new() -> None:
    """It is said of what can be built there, and for that reason alone."""
    order = BuildOrder(projects=("bsd", "cgit", "launcher"), systems=(LINUX,), doubted=(MAC,))
    assert built(order) == ["build cgit on x86_64-linux"]
    doubted = not_certain(order, PROJECTS, (), POLICY)
    assert [each.project for each in doubted] == ["cgit", "launcher"]
    assert {each.reason for each in doubted} == {reasons.head_in_doubt()}
    assert refused(order) == ["bsd on x86_64-freebsd"]
    unnamed = order.model_copy(update={"projects": ()})
    assert [each.project for each in not_certain(unnamed, PROJECTS, ("cgit",), POLICY)] == ["cgit"]
