"""Bare mirrors as activities need them: fetched into, merged in and read (design, section 4)."""

from activities.clients.git.branch_reports import projects_report, push_report
from activities.clients.git.fetch_errors import MissingRefError
from activities.clients.git.history import merge_base
from activities.clients.git.merge_report import merge_report
from activities.clients.git.mirror_store import MirrorStore, Wanted
from tickborg.errors import HeadGoneError
from tickborg.github import RepositoryName
from tickborg.jobs import MergeJob, MergeReport, ProjectsJob, ProjectsReport, PushJob, PushReport


class Mirror:
    """Fetches, merges and reads; the ``Repositories`` of :mod:`activities.ports`.

    Every method raises, beside what it names itself:

    - PermanentError: there is no such repository or branch, or it may not be read.
    - RefusedError: the job names no ref or commit, or a tree is nested too deep.
    - TransientError: the server did not answer.
    - InfrastructureError: there is no space for the mirror.

    Args:
        store: the mirrors, with history: merge bases and commits are looked for in it.
    """

    def __init__(self, store: MirrorStore) -> None:
        self._store = store

    def merge(self, job: MergeJob) -> MergeReport:
        """Merge a head with its target branch, in memory, and say what that changes.

        Histories without a common commit are a conflict that names no path.

        Raises:
            HeadGoneError: the head, or the pinned base, is no longer on the server.
        """
        base = _branch(job.base_ref, job.base_sha)
        head = Wanted(sha=job.head_sha, ref=job.head_ref)
        return self._store.read(job.repo, (base, head), lambda repo, shas: merge_report(job, repo, *shas))

    def read_projects(self, job: ProjectsJob) -> ProjectsReport:
        """Read the projects of a branch.

        Raises:
            HeadGoneError: the pinned commit is no longer on the server.
        """
        base = _branch(job.base_ref, job.base_sha)
        return self._store.read(job.repo, (base,), lambda repo, shas: projects_report(job, repo, *shas))

    def read_push(self, job: PushJob) -> PushReport:
        """Say what a push to a branch changes, as :class:`tickborg.jobs.PushJob` has it.

        Raises:
            HeadGoneError: the commit that was pushed is no longer on the server.
        """
        after = _branch(job.branch, job.after)
        self._store.read(job.repo, (after,), lambda _repo, _shas: None)  # whatever is gone next is not this
        since = self._since(job, after)
        report = self._store.read(job.repo, (after,), lambda repo, _: push_report(job, repo, since))
        if job.known is None:
            return report
        tip = self._tip(job)
        return report.model_copy(update={"tip": tip, "behind": self._is_behind(job, job.known, tip)})

    def _tip(self, job: PushJob) -> str | None:
        """What the branch points at now; None: it is no more."""
        try:
            return self._store.read(job.repo, (_branch(job.branch),), lambda _repo, shas: shas[0])
        except MissingRefError:
            return None

    def _is_behind(self, job: PushJob, known: str, tip: str | None) -> bool:
        """Whether ``known`` is newer than what was pushed: what the branch is made of tells."""
        if tip is None:
            return self._has(job.repo, known, job.after)
        return self._has(job.repo, tip, known) and not self._has(job.repo, job.after, known)

    def _has(self, repo: RepositoryName, sha: str, older: str) -> bool:
        """Whether a commit has an ``older`` one in its history; one that is gone is in none."""
        try:
            return self._merge_base(repo, Wanted(sha=sha), Wanted(sha=older)) == older
        except HeadGoneError:
            return False

    def _since(self, job: PushJob, after: Wanted) -> str | None:
        """The commit in the history of ``after`` up to which nothing is new."""
        is_default = job.branch == job.default_branch
        if job.before is not None:
            try:
                base = self._merge_base(job.repo, Wanted(sha=job.before), after)
            except HeadGoneError:
                base = None
            if is_default or base == job.before:
                return base
        return None if is_default else self._merge_base(job.repo, _branch(job.default_branch), after)

    def _merge_base(self, repo: RepositoryName, one: Wanted, other: Wanted) -> str | None:
        return self._store.read(repo, (one, other), lambda mirror, shas: merge_base(mirror, *shas))


def _branch(name: str, sha: str | None = None) -> Wanted:
    """A commit of a branch: ``sha``, or what it points at."""
    return Wanted(sha=sha, ref=f"refs/heads/{name}")
