"""A local repository as ``tickborg try`` needs it: read, borrowed from, and never written to."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tickborg.errors import RefusedError
from tickborg.spelling import did_you_mean
from tickborg.texts.wording import listed

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_DEFAULT_BRANCH = "main"
_HEAD = "HEAD"
_NAMED_REFS = ("refs/heads", "refs/remotes", "refs/tags")
_REFS_ROOM = 200


class GitFailedError(RefusedError):
    """A git command failed; ``said`` is what git said."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}` failed: {said}")
        self.said = said


@dataclass(frozen=True)
class Change:
    """The two commits that a person wants to see merged."""

    base_branch: str
    """The branch's name, or ``main`` where the base was named in another way."""
    base_sha: str
    head_sha: str
    title: str
    """First line of the head's message."""
    author: str


class LocalRepository:
    """Any git repository of this machine, bare or not, a linked work tree, or a folder inside of one.

    Raises:
        RefusedError: ``path`` is no git repository, or one that libgit2 cannot read.
    """

    def __init__(self, path: Path) -> None:
        if shutil.which("git") is None:
            raise RefusedError("git is not installed; install it and try again")
        if not path.is_dir():
            raise RefusedError(f"{path} is not a folder; give --repo the path of a git repository")
        self._path = path
        self.folder = self._common_folder()
        if self._git("rev-parse", "--show-object-format") != "sha1":
            raise RefusedError(f"{path} uses SHA-256 object names, which libgit2 cannot read")

    @property
    def name(self) -> str:
        """What to call it: the folder's name, as GitHub would allow it."""
        folder = self.folder.parent if self.folder.name == ".git" else self.folder
        return _NOT_IN_A_NAME.sub("-", folder.name.removesuffix(".git")).strip("-.") or "repository"

    def change(self, base: str, head: str) -> Change:
        """The commits behind two refs.

        Raises:
            RefusedError: one of them names no commit, or there is nothing to merge.
        """
        base_sha, head_sha = self.commit("--base", base), self.commit("--head", head)
        if self._git("rev-list", "--max-count=1", f"{base_sha}..{head_sha}") == "":
            raise RefusedError(f"nothing to try: --head {head} has no commit that --base {base} lacks")
        self._check_history(base, base_sha, head, head_sha)
        return Change(
            base_branch=self._branch(base),
            base_sha=base_sha,
            head_sha=head_sha,
            title=self._git("log", "-1", "--format=%s", head_sha) or "(no message)",
            author=self._git("log", "-1", "--format=%an", head_sha),
        )

    @property
    def is_bare(self) -> bool:
        """Whether it has no work tree."""
        return self._git("rev-parse", "--is-bare-repository") == "true"

    @property
    def is_work_trees_top(self) -> bool:
        """Whether the folder is where a work tree begins; not in a bare repository or a folder within."""
        if self._git("rev-parse", "--is-inside-work-tree") != "true":
            return False
        return not self._git("rev-parse", "--show-prefix")

    def files(self) -> frozenset[bytes]:
        """Paths of the work tree's files, links and submodules that git knows of or would add.

        Of a submodule, and of a repository that is no submodule yet, only the folder itself.
        """
        listing = _output(
            "-C", str(self._path), "ls-files", "-z", "--cached", "--others", "--exclude-standard"
        )
        return frozenset(path.rstrip(b"/") for path in listing.split(b"\0") if path)

    def commit(self, option: str, ref: str) -> str:
        """The sha of the commit behind ``ref``, which ``option`` of the command line names.

        Raises:
            RefusedError: there is none.
        """
        try:
            return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        except RefusedError:
            raise RefusedError(f"{option} {ref}: {self._path} {self._why_absent(ref)}") from None

    def borrow(self, bare: Path) -> None:
        """Make a bare repository at ``bare`` that has all of this one's objects without copying any."""
        bare.parent.mkdir(parents=True, exist_ok=True)
        _run("init", "--quiet", "--bare", f"--initial-branch={_DEFAULT_BRANCH}", str(bare))
        alternates = bare / "objects" / "info" / "alternates"
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_text(f"{self.folder / 'objects'}\n")
        if (self.folder / "shallow").exists():
            shutil.copyfile(self.folder / "shallow", bare / "shallow")

    def _common_folder(self) -> Path:
        try:
            return Path(self._git("rev-parse", "--path-format=absolute", "--git-common-dir"))
        except GitFailedError as error:
            raise RefusedError(
                f"{self._path} is no git repository that can be read: {error.said}; name another one"
            ) from None

    def _check_history(self, base: str, base_sha: str, head: str, head_sha: str) -> None:
        """A clone that lacks history is no reason to speak of a conflict."""
        if not (self.folder / "shallow").exists():
            return
        try:
            self._git("merge-base", base_sha, head_sha)
        except RefusedError:
            raise RefusedError(
                f"{self._path} is a shallow clone, in which {base} and {head} have no commit in common; "
                "get the rest with: git fetch --unshallow"
            ) from None

    def _branch(self, ref: str) -> str:
        full = self._git("rev-parse", "--symbolic-full-name", ref)
        return full.removeprefix("refs/heads/") if full.startswith("refs/heads/") else _DEFAULT_BRANCH

    def _why_absent(self, ref: str) -> str:
        refs = self._git("for-each-ref", "--format=%(refname:lstrip=2)", *_NAMED_REFS).split()
        if not refs:
            return "has no commit yet; make one and try again"
        if ref == _HEAD:
            branch = self._git("symbolic-ref", "--short", _HEAD)
            return f"has no commit yet on its branch {branch}; make one, or name another"
        meant = did_you_mean(ref, refs) or f"; it has {listed(refs, _REFS_ROOM)}"
        return f"has no such branch, tag or commit{meant}"

    def _git(self, *arguments: str) -> str:
        return _run("-C", str(self._path), *arguments)


def set_branch(bare: Path, branch: str, sha: str) -> None:
    """Make ``branch`` of a bare repository point at ``sha``."""
    _run("-C", str(bare), "update-ref", f"refs/heads/{branch}", sha)


def _run(*arguments: str) -> str:
    """What git printed, as text."""
    return _output(*arguments).decode(errors="replace").strip()


def _output(*arguments: str) -> bytes:
    """What git printed. Repositories of other users are read too: nothing in them is run or written."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, our own words
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise GitFailedError(f"git {' '.join(arguments)}", said or f"status {done.returncode}")
    return done.stdout
