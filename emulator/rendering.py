"""A pull request as a person sees it, in plain text."""

from emulator.payloads.checks import latest as latest_runs
from emulator.payloads.statuses import latest as latest_statuses
from emulator.state import CheckRun, Comment, PullRequest, Repository, Status


def pull_request_text(pull: PullRequest) -> str:
    """Title, labels, statuses, checks and comments of `pull`, for a terminal or an error message."""
    sections = [_heading(pull), _labels(pull), *_statuses(pull), *_checks(pull), *_comments(pull)]
    return "\n".join(line for line in sections if line)


def branch_text(repository: Repository, branch: str) -> str:
    """Statuses and checks of the newest commit of a branch."""
    sha = repository.branches[branch]
    lines = [
        f"{repository.full_name} {branch} ({sha[:7]})",
        *(
            f"  status {each.context}: {each.state}: {each.description}"
            for each in statuses_of(repository, sha)
        ),
        *(line for run in check_runs_of(repository, sha) for line in _check(run)),
    ]
    return "\n".join(lines)


def head_statuses(pull: PullRequest) -> list[Status]:
    """The statuses that count for the head, by context."""
    return statuses_of(pull.repository, pull.head_sha)


def head_check_runs(pull: PullRequest) -> list[CheckRun]:
    """The newest check run of each name on the head, by name."""
    return check_runs_of(pull.repository, pull.head_sha)


def statuses_of(repository: Repository, sha: str) -> list[Status]:
    """The statuses that count for a commit, by context."""
    return sorted(latest_statuses(repository.statuses.get(sha, [])), key=lambda each: each.context)


def check_runs_of(repository: Repository, sha: str) -> list[CheckRun]:
    """The newest check run of each name on a commit, by name."""
    suites = [suite for (commit, _), suite in repository.suites.items() if commit == sha]
    return sorted((run for suite in suites for run in latest_runs(suite.runs)), key=lambda run: run.name)


def state_word(pull: PullRequest) -> str:
    """What the badge beside the title says: open, draft, closed or merged."""
    if pull.merged_at:
        return "merged"
    return "draft" if pull.draft and pull.state == "open" else pull.state


def _heading(pull: PullRequest) -> str:
    return (
        f"{pull.repository.full_name}#{pull.number} {pull.title} [{state_word(pull)}]\n"
        f"  {pull.author.login} wants to merge {pull.head_repository.owner.login}:{pull.head_ref}"
        f" ({pull.head_sha[:7]}) into {pull.base_ref}"
    )


def _labels(pull: PullRequest) -> str:
    return f"  labels: {', '.join(label.name for label in pull.labels)}" if pull.labels else ""


def _statuses(pull: PullRequest) -> list[str]:
    return [
        f"  status {each.context}: {each.state}: {each.description or ''}" for each in head_statuses(pull)
    ]


def _checks(pull: PullRequest) -> list[str]:
    return [line for run in head_check_runs(pull) for line in _check(run)]


def _check(run: CheckRun) -> list[str]:
    title = f": {run.output.title}" if run.output.title else ""
    texts = (run.output.summary, run.output.text)
    return [
        f"  check {run.name}: {run.conclusion or run.status}{title}",
        *(f"    | {line}" for text in texts if text for line in text.splitlines()),
    ]


def _comments(pull: PullRequest) -> list[str]:
    return [line for comment in pull.comments for line in _comment(comment)]


def _comment(comment: Comment) -> list[str]:
    reactions = " ".join(f":{reaction.content}:" for reaction in comment.reactions)
    return [
        f"  {comment.author.login} commented:{' ' + reactions if reactions else ''}",
        *(f"    | {line}" for line in comment.body.splitlines()),
    ]
