"""Search attributes, typed (design, section 11): what an operator filters by in the Web UI."""

from temporalio.common import SearchAttributeKey, TypedSearchAttributes

from activities.search_attributes import typed
from tickborg import names
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob
from tickborg.search_attributes import search_attributes

OUTCOME = SearchAttributeKey.for_keyword(names.OUTCOME_ATTRIBUTE)


def of_pull_request(
    repo: RepositoryName, number: int, author: str, head_sha: str | None = None
) -> TypedSearchAttributes:
    """What a pull request's workflows are found by; the owner itself has no one head."""
    return typed(search_attributes(repo, author, pull=number, head_sha=head_sha))


def of_build(job: BuildJob) -> TypedSearchAttributes:
    """What a build is found by."""
    common = search_attributes(job.repo, job.author, pull=job.origin.pull, head_sha=job.merge.head_sha)
    own = {names.PROJECT_ATTRIBUTE: job.project.name, names.SYSTEM_ATTRIBUTE: job.system}
    return typed({**common, **own})
