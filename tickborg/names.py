"""Names that outlive the code: workflows, signals, queries, task queues, search attributes.

They are written into histories, so they never change (design, sections 3, 4 and 11).
"""

from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob
from tickborg.systems import System

TASK_QUEUE = "tickborg"
GIT_TASK_QUEUE = "tickborg-git"


def build_task_queue(system: System) -> str:
    """The queue that the builders of ``system`` poll."""
    return f"build.{system}"


PULL_REQUEST_WORKFLOW = "PullRequest"
EVALUATION_WORKFLOW = "Evaluation"
BUILD_WORKFLOW = "Build"

PULL_REQUEST_EVENT_SIGNAL = "pull_request_event"
BUILDS_WANTED_SIGNAL = "builds_wanted"
BUILD_STARTED_SIGNAL = "build_started"
BUILD_PROGRESS_SIGNAL = "build_progress"

STATE_QUERY = "state"

REPO_ATTRIBUTE = "TickborgRepo"
PR_ATTRIBUTE = "TickborgPr"
SHA_ATTRIBUTE = "TickborgSha"
PROJECT_ATTRIBUTE = "TickborgProject"
SYSTEM_ATTRIBUTE = "TickborgSystem"
AUTHOR_ATTRIBUTE = "TickborgAuthor"
OUTCOME_ATTRIBUTE = "TickborgOutcome"
SEARCH_ATTRIBUTES: dict[str, str] = {
    REPO_ATTRIBUTE: "Keyword",
    PR_ATTRIBUTE: "Int",
    SHA_ATTRIBUTE: "Keyword",
    PROJECT_ATTRIBUTE: "Keyword",
    SYSTEM_ATTRIBUTE: "Keyword",
    AUTHOR_ATTRIBUTE: "Keyword",
    OUTCOME_ATTRIBUTE: "Keyword",
}
"""Name and Temporal type of each custom search attribute."""


def pull_request_id(repo: RepositoryName, number: int) -> str:
    """The workflow id of the one owner of a pull request."""
    return f"pr/{repo}/{number}"


def evaluation_id(repo: RepositoryName, number: int, n: str) -> str:
    """The workflow id of an evaluation; ``n`` makes it unique for ever."""
    return f"evaluation/{repo}/{number}/{n}"


def build_id(job: BuildJob, n: str) -> str:
    """The workflow id of a build; ``n`` makes it unique for ever."""
    return f"build/{job.repo}/{job.origin}/{job.merge.head_sha[:12]}/{job.project.name}/{job.system}/{n}"
