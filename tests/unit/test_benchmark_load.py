"""The benchmark of many webhooks sends what it says, and sees what was not done, or done twice."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus

from benchmarks.once import Run, answer_faults, run_faults, shown_faults
from benchmarks.traffic import Acts, Kind, Webhook, act, traffic
from benchmarks.webhook_sender import Answer
from cli.demo.sample import create
from emulator import EmulatedGitHub
from emulator.state import Repository
from tests.support.github_keys import private_key
from tests.support.webhooks import SECRET, hearing
from tickborg.github import RepositoryName
from tickborg.names import comment_id, evaluation_id, pull_request_id, rerun_id
from tickborg.starts import Start
from webhook.reading import Headers
from webhook.routing import decide

REPO = RepositoryName(owner="bench", name="mono")
TOTAL = 80
COMPLETED, RUNNING = WorkflowExecutionStatus.COMPLETED, WorkflowExecutionStatus.RUNNING


@pytest.fixture
def happened(tmp_path: Path) -> Iterator[tuple[Repository, Acts]]:
    """A repository, and what people did there."""
    create(tmp_path / "mono.git", {"README.md": b"Read me.\n"})
    github = EmulatedGitHub()
    app = github.create_app("tickbot", webhook_secret=SECRET.decode(), private_key=private_key())
    app.webhook_url = "http://nowhere.invalid"
    repository = github.create_repository(str(REPO), tmp_path / "mono.git")
    github.install(app, repository)
    yield repository, act(github, app, repository, round(TOTAL * 0.75))
    github.close()


@pytest.fixture
def webhooks(happened: tuple[Repository, Acts]) -> list[Webhook]:
    """What is sent of it."""
    return traffic(happened[1].deliveries, TOTAL, SECRET.decode())


def test_a_fifth_is_sent_again_and_a_twentieth_is_malformed(webhooks: list[Webhook]) -> None:
    """And all else is new, and starts something; what is sent again comes after the first."""
    assert Counter(each.kind for each in webhooks) == {Kind.NEW: 60, Kind.REPEATED: 16, Kind.MALFORMED: 4}
    first = {each.delivery: place for place, each in reversed(list(enumerate(webhooks))) if each.good}
    assert all(webhooks[place].kind is Kind.NEW for place in first.values())
    for each in webhooks:
        sent = {name.lower(): [value] for name, value in each.headers.items()}
        headers = Headers(
            event=sent.get("x-github-event", []),
            delivery=sent["x-github-delivery"],
            signature=[],
            content_type=sent["content-type"],
        )
        assert isinstance(decide(headers, each.body, hearing(str(REPO))), Start) or not each.good


def test_an_answer_that_should_be_another_is_seen(webhooks: list[Webhook]) -> None:
    """And two workflows for one delivery."""
    answers = [Answer(status=each.expected, milliseconds=1, text=each.delivery) for each in webhooks]
    assert not list(answer_faults(webhooks, answers))
    place = next(place for place, each in enumerate(webhooks) if each.kind is Kind.REPEATED)
    answers[place] = answers[place].model_copy(update={"status": 503})
    assert list(answer_faults(webhooks, answers)) == [
        f"1 repeated webhooks answered 503, not 202: {answers[place].text}"
    ]
    answers[place] = answers[place].model_copy(update={"status": 202, "text": "another"})
    (fault,) = answer_faults(webhooks, answers)
    assert "is answered in two ways" in fault


def runs_of(acts: Acts) -> list[Run]:
    """What Temporal has when all was done once."""
    comments = [
        Run("Comment", comment_id(REPO, pull.number, comment.id), COMPLETED)
        for pull, comment in acts.comments
    ]
    presses = [Run("Rerun", rerun_id(each.guid), COMPLETED) for each in acts.presses]
    owners = [Run("PullRequest", pull_request_id(REPO, pull.number), RUNNING) for pull in acts.pulls]
    evaluations = [
        Run("Evaluation", evaluation_id(REPO, pull.number, "1a2b-1"), COMPLETED) for pull in acts.pulls
    ]
    return [*comments, *presses, *owners, *evaluations]


def test_what_ran_twice_never_or_in_vain_is_seen(happened: tuple[Repository, Acts]) -> None:
    """Of each workflow."""
    _, acts = happened
    runs = runs_of(acts)
    assert not list(run_faults(REPO, acts, runs))
    for run in runs:
        without = [each for each in runs if each is not run]
        assert list(run_faults(REPO, acts, without)), run
        assert list(run_faults(REPO, acts, [*runs, run])), run
        failed = replace(run, status=WorkflowExecutionStatus.FAILED)
        assert list(run_faults(REPO, acts, [*without, failed])), run


def test_what_github_does_not_show_is_seen(happened: tuple[Repository, Acts]) -> None:
    """Where nobody did anything, that is everything."""
    repository, acts = happened
    assert len(list(shown_faults(repository, acts))) == len(acts.pulls) + len(acts.comments) + 1
