"""Activities on git: names, and whom they ask."""

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.repository import RepositoryActivities
from tests.support.fake_repositories import BASE_SHA, FakeRepositories, make_project
from tickborg.errors import HeadGoneError
from tickborg.github import RepositoryName
from tickborg.jobs import ProjectsJob, PushJob

REPO = RepositoryName(owner="acme", name="mono")
AFTER = "a" * 40


@pytest.fixture
def activities() -> RepositoryActivities:
    """Git work on a repository with one project, and a commit that was pushed."""
    repositories = FakeRepositories(make_project("cgit"))
    repositories.touch_branch(AFTER, "cgit")
    return RepositoryActivities(repositories)


def test_every_activity_has_the_name_that_histories_know() -> None:
    """Renaming a method renames no activity; renaming an activity breaks running workflows."""
    methods = [value for name, value in vars(RepositoryActivities).items() if not name.startswith("_")]
    definitions = [activity._Definition.must_from_callable(method) for method in methods]
    assert [definition.name for definition in definitions] == ["merge", "projects", "push"]
    assert not any(definition.is_async for definition in definitions)


def test_projects_of_a_branch_are_read(activities: RepositoryActivities) -> None:
    """With the commit that they were read at."""
    report = ActivityEnvironment().run(activities.projects, ProjectsJob(repo=REPO, base_ref="main"))
    assert report.base_sha == BASE_SHA
    assert [project.name for project in report.projects.projects] == ["cgit"]


def test_a_push_is_read(activities: RepositoryActivities) -> None:
    """What it changes; an error of the client is raised as it is."""
    job = PushJob(repo=REPO, branch="main", before=BASE_SHA, after=AFTER, default_branch="main")
    report = ActivityEnvironment().run(activities.push, job)
    assert (report.since, report.changes.touched) == (BASE_SHA, ("cgit",))
    with pytest.raises(HeadGoneError):
        ActivityEnvironment().run(activities.push, job.model_copy(update={"after": "c" * 40}))
