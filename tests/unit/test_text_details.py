"""What an operator reads in Temporal's Web UI (design, section 11)."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.github_markdown import Page
from tests.support.samples import HEAD, REPO, build_job, build_view, pull_request, pull_request_view
from tickborg.github import LabelChange
from tickborg.jobs import BuildMode, BuildOutcome, BuildStage, EvaluationOutcome, Origin, SkippedBuild
from tickborg.systems import System
from tickborg.texts import details
from tickborg.views import BranchView

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

BUILDS = [
    build_view("cgit", outcome=BuildOutcome.SUCCESS),
    build_view("cmark", outcome=BuildOutcome.FAILURE, reason="`make -j2` exited with status 2"),
    build_view("meshmc", System.AARCH64_DARWIN, stage=BuildStage.WAITING, reason="no builder is online"),
    build_view("nbt", mode=BuildMode.TEST, stage=BuildStage.RUNNING, builder="builder-1"),
]
TABLES = {
    "builds": pull_request_view(*BUILDS, evaluation=EvaluationOutcome.EVALUATED),
    "a build that is put off": pull_request_view(build_view(stage=BuildStage.DELAYED)),
    "a build that ends": pull_request_view(build_view(stage=BuildStage.DONE)),
    "after a conflict": pull_request_view(
        BUILDS[0], base_sha=None, evaluation=EvaluationOutcome.CONFLICT, conflicts=("a.c",), conflict_count=1
    ),
    "nothing": pull_request_view(evaluation=EvaluationOutcome.EVALUATED),
}
BRANCHES = {
    "a push that nobody builds": BranchView(
        repo=REPO,
        branch="main",
        head_sha=HEAD,
        pusher="maya",
        skipped=(SkippedBuild(project="cgit", reason="this tickborg has no builders for aarch64-darwin"),),
    ),
    "builds": BranchView(repo=REPO, branch="main", head_sha=HEAD, pusher="maya", builds=tuple(BUILDS)),
    "no push": BranchView(repo=REPO, branch="main"),
    "a push that failed": BranchView(
        repo=REPO, branch="main", head_sha=HEAD, pusher="maya", error="GitHub answered 410 Gone"
    ),
}
SUMMARIES = {
    "evaluation": details.evaluation_summary(pull_request()),
    "build": details.build_summary(build_job()),
    "push": details.build_summary(build_job(origin=Origin(branch="main"))),
    "labels": details.label_summary(LabelChange(repo=REPO, number=7, add=("a", "b"), remove=("c",))),
    "no labels": details.label_summary(LabelChange(repo=REPO, number=7)),
}


@pytest.mark.parametrize("what", TABLES)
def test_the_table_of_builds(what: str, snapshot: "SnapshotAssertion") -> None:
    """The outcome, and each build with its state and why."""
    assert details.table(TABLES[what]) == snapshot


@pytest.mark.parametrize("what", BRANCHES)
def test_the_table_of_a_branch(what: str, snapshot: "SnapshotAssertion") -> None:
    """The newest push, and each build."""
    assert details.branch_table(BRANCHES[what]) == snapshot


@pytest.mark.parametrize("what", SUMMARIES)
def test_the_summary_of_a_workflow(what: str, snapshot: "SnapshotAssertion") -> None:
    """One line that tells it from the others."""
    assert SUMMARIES[what] == snapshot


def test_a_long_table_says_what_it_leaves_out(snapshot: "SnapshotAssertion") -> None:
    """The server refuses longer details."""
    builds = [build_view(f"p{n}", outcome=BuildOutcome.FAILURE, reason="é" * 500) for n in range(500)]
    text = details.table(pull_request_view(*builds))
    assert len(text.encode()) <= details.DETAILS_LIMIT
    assert text.split("\n")[-1] == snapshot


@given(reason=st.text(), builder=st.text())
def test_nothing_in_it_breaks_the_table(reason: str, builder: str) -> None:
    """Reasons and names of builders are other people's."""
    view = pull_request_view(build_view(reason=reason, builder=builder))
    assert Page(details.table(view)).elements.count("td") == 6


@given(text=st.text(), labels=st.lists(st.text()).map(tuple))
def test_summaries_always_fit(text: str, labels: tuple[str, ...]) -> None:
    """In bytes, since that is what the server counts."""
    pull = pull_request(title=text, author=text, base_ref=text)
    change = LabelChange(repo=REPO, number=7, add=labels, remove=labels)
    said = (details.evaluation_summary(pull), details.label_summary(change))
    assert all(len(line.encode()) <= details.SUMMARY_LIMIT and "\n" not in line for line in said)
