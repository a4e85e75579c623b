"""Search attributes, typed (design, section 11): what an operator filters by in the Web UI."""

from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from tickborg import names
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob

REPO = SearchAttributeKey.for_keyword(names.REPO_ATTRIBUTE)
PR = SearchAttributeKey.for_int(names.PR_ATTRIBUTE)
SHA = SearchAttributeKey.for_keyword(names.SHA_ATTRIBUTE)
PROJECT = SearchAttributeKey.for_keyword(names.PROJECT_ATTRIBUTE)
SYSTEM = SearchAttributeKey.for_keyword(names.SYSTEM_ATTRIBUTE)
AUTHOR = SearchAttributeKey.for_keyword(names.AUTHOR_ATTRIBUTE)
OUTCOME = SearchAttributeKey.for_keyword(names.OUTCOME_ATTRIBUTE)


def of_pull_request(
    repo: RepositoryName, number: int, author: str, head_sha: str | None = None
) -> TypedSearchAttributes:
    """What a pull request's workflows are found by; the owner itself has no one head."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(REPO, str(repo)),
        SearchAttributePair(PR, number),
        SearchAttributePair(AUTHOR, author),
    ]
    if head_sha is not None:
        pairs.append(SearchAttributePair(SHA, head_sha))
    return TypedSearchAttributes(pairs)


def of_build(job: BuildJob) -> TypedSearchAttributes:
    """What a build is found by."""
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(REPO, str(job.repo)),
        SearchAttributePair(SHA, job.merge.head_sha),
        SearchAttributePair(PROJECT, job.project.name),
        SearchAttributePair(SYSTEM, job.system),
        SearchAttributePair(AUTHOR, job.author),
    ]
    if job.origin.pull is not None:
        pairs.append(SearchAttributePair(PR, job.origin.pull))
    return TypedSearchAttributes(pairs)
