"""What the commands of a comment come to, for whoever wrote it (design, section 6)."""

from typing import Any

import pytest

from activities.clients.comments.parsing import parse
from tests.support.samples import build_view, project_set, pull_request, pull_request_view
from tickborg.comment_orders import Asked, Settled, names_projects, settle
from tickborg.github import Permission
from tickborg.jobs import BuildOutcome, EvaluationOutcome
from tickborg.policy import Policy
from tickborg.systems import System

HANDLE = "tickbot"
LINUX, MAC, BSD = System.X86_64_LINUX, System.AARCH64_DARWIN, System.X86_64_FREEBSD
POLICY = Policy(systems=(LINUX, MAC))


def settled(written: str, permission: Permission = Permission.WRITE, **fields: object) -> Settled:
    """What is done about a comment of grace's on a pull request of ada's."""
    values: dict[str, Any] = {"pull": pull_request(), "projects": project_set("cgit", "meshmc"), **fields}
    return settle(parse(written, HANDLE), Asked(by="grace", policy=POLICY, permission=permission, **values))


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


@pytest.mark.parametrize("permission", Permission)
def test_what_failed_where_there_are_no_builders_by_now(permission: Permission) -> None:
    """Nobody is sent to people who may push because of that."""
    failed = build_view("cgit", BSD, BuildOutcome.FAILURE)
    view = pull_request_view(failed, evaluation=EvaluationOutcome.EVALUATED)
    (note,) = settled("@tickbot retry", permission, view=view).notes
    assert f"no builders for {BSD}" in note
    assert "people who may push" not in note


def test_each_build_is_not_retried_for_a_reason_of_its_own() -> None:
    """One has no builders, and the other is for other people."""
    view = pull_request_view(
        build_view("cgit", BSD, BuildOutcome.FAILURE), build_view("cgit", MAC, BuildOutcome.FAILURE)
    )
    gone, refused = settled("@tickbot retry", Permission.READ, view=view).notes
    assert BSD in gone
    assert MAC not in gone
    assert f"`cgit` on {MAC}. That is for people who may push" in refused
