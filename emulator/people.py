"""What people do on GitHub, each act followed by the webhooks GitHub sends for it.

    alice = Person(github, "alice")
    alice.commit(repository, "feature", {"cgit/ui.c": b"int ui;"}, "cgit: add ui")
    pull = alice.open_pull_request(repository, head="feature", title="cgit: add ui")
    alice.comment(pull, "@tickbot build cgit")

An act returns when the state has changed; its webhooks are then under way.
`github.webhooks.settled()` waits for their answers.
"""

from collections.abc import Mapping
from pathlib import Path

from emulator import checks, comments, issues, pulls, pushes
from emulator.git import copy_bare, signature
from emulator.github import EmulatedGitHub
from emulator.state import CheckRun, CheckSuite, Comment, Issue, PullRequest, Repository, User


class Person:
    """Somebody with an account on the emulated GitHub, made when first named.

    Acts are not checked against the person's role: who may do what is GitHub's business only where the bot
    asks for it.
    """

    def __init__(self, github: EmulatedGitHub, login: str) -> None:
        self._github = github
        self.user: User = github.user(login)

    def fork(self, repository: Repository, path: Path) -> Repository:
        """Fork a repository into a new bare one at `path`."""
        copy_bare(repository.git.path, path)
        fork = self._github.create_repository(
            f"{self.user.login}/{repository.name}",
            path,
            private=repository.private,
            default_branch=repository.default_branch,
        )
        fork.parent = repository
        repository.forks.append(fork)
        return fork

    def commit(
        self,
        repository: Repository,
        branch: str,
        files: Mapping[str, bytes | None],
        message: str,
        *,
        onto: str | None = None,
    ) -> str:
        """Commit `files` (path to content; None removes) to `branch` and push it; return the new sha.

        A new branch starts at the default branch. `onto` names another commit or branch to build on: with it
        the branch is moved there first, which for an old branch is a force-push.
        """
        git = repository.git
        start = git.resolve(onto) if onto else git.branch(branch) or git.branch(repository.default_branch)
        author = signature(self.user.login, self.user.email)
        sha = git.write(files, message=message, author=author, parents=[start] if start else [])
        self.push(repository, branch, sha)
        return sha

    def push(self, repository: Repository, branch: str, sha: str | None = None) -> None:
        """Push `branch`: to `sha`, or to where a real `git push` into the bare repository has put it already.

        Raises ValueError if that is nothing new.
        """
        if sha is not None:
            repository.git.set_ref(f"refs/heads/{branch}", sha)
        if not pushes.notice(self._github, repository, branch, self.user):
            raise ValueError(
                f"{repository.full_name} has {branch} at {repository.branches.get(branch)} already"
            )

    def delete_branch(self, repository: Repository, branch: str) -> None:
        """Delete a branch."""
        repository.git.delete_ref(f"refs/heads/{branch}")
        pushes.notice(self._github, repository, branch, self.user)

    def tag(self, repository: Repository, name: str, sha: str | None = None) -> None:
        """Push a lightweight tag: of `sha`, or of the tip of the default branch."""
        target = sha or repository.branches[repository.default_branch]
        pushes.tag(self._github, repository, name, target, self.user)

    def open_pull_request(  # noqa: PLR0913 - the form GitHub has for it
        self,
        repository: Repository,
        *,
        head: str,
        title: str,
        base: str | None = None,
        body: str | None = None,
        draft: bool = False,
        source: Repository | None = None,
    ) -> PullRequest:
        """Open a pull request from branch `head` of `source` (a fork; absent: the repository itself)."""
        target = base or repository.default_branch
        proposal = pulls.Proposal(title, source or repository, head, target, body, draft)
        return pulls.open_pull(self._github, repository, self.user, proposal)

    def close(self, pull: PullRequest) -> None:
        """Close a pull request without merging it."""
        pulls.close(self._github, pull, self.user)

    def reopen(self, pull: PullRequest) -> None:
        """Reopen a closed pull request."""
        pulls.reopen(self._github, pull, self.user)

    def merge(self, pull: PullRequest) -> str:
        """Merge a pull request with a merge commit, and return that commit's sha."""
        sha = pulls.merge(self._github, pull, self.user)
        pushes.notice(self._github, pull.repository, pull.base_ref, self.user)
        return sha

    def edit(
        self, pull: PullRequest, *, title: str | None = None, body: str | None = None, base: str | None = None
    ) -> None:
        """Change a pull request's title, text or target branch."""
        pulls.edit(self._github, pull, self.user, pulls.Edit(title, body, base))

    def convert_to_draft(self, pull: PullRequest) -> None:
        """Make a pull request a draft."""
        pulls.set_draft(self._github, pull, self.user, draft=True)

    def mark_ready(self, pull: PullRequest) -> None:
        """Mark a draft as ready for review."""
        pulls.set_draft(self._github, pull, self.user, draft=False)

    def open_issue(self, repository: Repository, title: str, body: str | None = None) -> Issue:
        """Open an issue that is no pull request."""
        return issues.open_issue(self._github, repository, self.user, title, body)

    def comment(self, issue: Issue, body: str) -> Comment:
        """Comment on a pull request or an issue."""
        return comments.create(self._github, issue, self.user, body)

    def edit_comment(self, comment: Comment, body: str) -> None:
        """Change what a comment says."""
        comments.edit(self._github, comment, self.user, body)

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        comments.delete(self._github, comment, self.user)

    def add_label(self, issue: Issue, name: str) -> None:
        """Put a label on a pull request or an issue."""
        issues.add_labels(self._github, issue, [name], self.user)

    def remove_label(self, issue: Issue, name: str) -> None:
        """Take a label off."""
        issues.remove_label(self._github, issue, name, self.user)

    def rerun(self, run: CheckRun) -> None:
        """Click "Re-run" on one check."""
        checks.rerequest_run(self._github, run, self.user)

    def rerun_all(self, suite: CheckSuite) -> None:
        """Click "Re-run all checks"."""
        checks.rerequest_suite(self._github, suite, self.user)

    def click(self, run: CheckRun, identifier: str) -> None:
        """Click the button `identifier` of a check run."""
        checks.request_action(self._github, run, identifier, self.user)
