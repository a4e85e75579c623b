"""Names that outlive the code: workflows, signals, queries, task queues, search attributes.

They are written into histories, so they never change (design, sections 3, 4 and 11).
"""

import re
from uuid import UUID

from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob, Origin
from tickborg.systems import System

_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
"""A pull request's, as it is written into an id."""

TASK_QUEUE = "tickborg"
GIT_TASK_QUEUE = "tickborg-git"


HOUSEKEEPING_QUEUES = "housekeeping."
"""What the names of the queues begin with that one process alone polls, to tidy its own disk."""


def housekeeping_task_queue(process: str) -> str:
    """The queue of one process that has a disk to tidy; ``process`` is the only one of that name."""
    return f"{HOUSEKEEPING_QUEUES}{process}"


def build_task_queue(system: System) -> str:
    """The queue that the builders of ``system`` poll."""
    return f"build.{system}"


PULL_REQUEST_WORKFLOW = "PullRequest"
EVALUATION_WORKFLOW = "Evaluation"
BUILD_WORKFLOW = "Build"
COMMENT_WORKFLOW = "Comment"
PUSH_WORKFLOW = "Push"
RERUN_WORKFLOW = "Rerun"
HOUSEKEEPING_WORKFLOW = "Housekeeping"
RECONCILE_WORKFLOW = "Reconcile"
LOST_LOG_WORKFLOW = "LostLog"

RECONCILE_SCHEDULE = "reconcile"

RECONCILE_DELIVERIES = "reconcile/"
"""What the names of deliveries begin with that ``Reconcile`` makes up, for those that never came."""

PULL_REQUEST_EVENT_SIGNAL = "pull_request_event"
PUSH_EVENT_SIGNAL = "push_event"
REQUEST_SIGNAL = "request"
BUILDS_WANTED_SIGNAL = "builds_wanted"
CHECKS_SIGNAL = "checks"
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


def push_id(repo: RepositoryName, branch: str) -> str:
    """The workflow id of the one owner of a branch."""
    return f"push/{repo}/{branch}"


def owner_id(repo: RepositoryName, origin: Origin) -> str:
    """The workflow id of the owner of a pull request or branch."""
    if origin.pull is not None:
        return pull_request_id(repo, origin.pull)
    return push_id(repo, origin.branch or "")


def origin_of(repo: RepositoryName, owner: str) -> Origin | None:
    """What the workflow ``owner`` owns in ``repo``, the opposite of :func:`owner_id`; None: nothing there."""
    pull, branch = f"pr/{repo}/", f"push/{repo}/"
    if owner.startswith(pull) and _NUMBER.fullmatch(owner.removeprefix(pull)):
        return Origin(pull=int(owner.removeprefix(pull)))
    if owner.startswith(branch) and owner != branch:
        return Origin(branch=owner.removeprefix(branch))
    return None


def comment_id(repo: RepositoryName, number: int, comment: int) -> str:
    """The workflow id of what is done about one comment: a comment is answered once."""
    return f"comment/{repo}/{number}/{comment}"


def rerun_id(delivery: str) -> str:
    """The workflow id of what is done about one press of a button."""
    return f"rerun/{delivery}"


def evaluation_id(repo: RepositoryName, number: int, n: str) -> str:
    """The workflow id of an evaluation; ``n`` makes it unique for ever."""
    return f"evaluation/{repo}/{number}/{n}"


def build_id(job: BuildJob, n: str) -> str:
    """The workflow id of a build; ``n`` makes it unique for ever."""
    return f"build/{job.repo}/{job.origin}/{job.merge.head_sha[:12]}/{job.project.name}/{job.system}/{n}"


def lost_log_id(attempt_id: UUID) -> str:
    """The workflow id of ending one attempt's log for its dead builder."""
    return f"lost-log/{attempt_id}"
