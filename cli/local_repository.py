"""A local repository as ``tickborg try`` needs it: read, borrowed from, and never written to."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tickborg.errors import RefusedError

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_DEFAULT_BRANCH = "main"


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
        base_sha, head_sha = self._commit("--base", base), self._commit("--head", head)
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
        except RefusedError as error:
            raise RefusedError(f"{self._path} is no git repository that can be read: {error}") from None

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

    def _commit(self, option: str, ref: str) -> str:
        try:
            return self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        except RefusedError:
            raise RefusedError(f"{option} {ref}: {self._path} has no such branch, tag or commit") from None

    def _git(self, *arguments: str) -> str:
        return _run("-C", str(self._path), *arguments)


def set_branch(bare: Path, branch: str, sha: str) -> None:
    """Make ``branch`` of a bare repository point at ``sha``."""
    _run("-C", str(bare), "update-ref", f"refs/heads/{branch}", sha)


def _run(*arguments: str) -> str:
    """What git printed. Repositories of other users are read too: nothing in them is run or written."""
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, our own words
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise RefusedError(f"`git {' '.join(arguments)}` failed: {said or f'status {done.returncode}'}")
    return done.stdout.decode(errors="replace").strip()
