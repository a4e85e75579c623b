"""A bare git repository as GitHub reads it: commits, branches, comparisons; through libgit2, in process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import time

import pygit2
from pygit2.enums import DeltaStatus, FileMode, SortMode

ZERO_SHA = "0" * 40
_STATUSES = {
    DeltaStatus.ADDED: "added",
    DeltaStatus.DELETED: "removed",
    DeltaStatus.MODIFIED: "modified",
    DeltaStatus.RENAMED: "renamed",
    DeltaStatus.COPIED: "copied",
    DeltaStatus.TYPECHANGE: "changed",
}


@dataclass(frozen=True)
class ChangedFile:
    """One file of a comparison; `status` and the counts of lines are GitHub's, `sha` is the blob's."""

    filename: str
    previous_filename: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True)
class Comparison:
    """`base...head`: the commits only `head` has (oldest first) and what they changed since the merge base.

    `merge_base` is None where the two share no history.
    """

    merge_base: str | None
    ahead: tuple[str, ...]
    behind: int
    files: tuple[ChangedFile, ...]


class GitStore:
    """The bare repository at `path`, which other processes may fetch from and push to meanwhile.

    Raises ValueError if there is no bare repository: refs are written into it, so a work tree's repository is
    refused rather than changed behind its owner's back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._repository = pygit2.Repository(str(path), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        except pygit2.GitError as error:
            raise ValueError(
                f"{path} is no git repository; make one with: git clone --bare SOURCE {path}"
            ) from error
        if not self._repository.is_bare:
            raise ValueError(
                f"{path} has a work tree; give the emulator a copy: git clone --bare {path} COPY"
            )
        # Content named by shas never changes, so a comparison once made stays true.
        self.compare = lru_cache(maxsize=1024)(self._compare)

    def close(self) -> None:
        """Let go of the files libgit2 holds open."""
        self._repository.free()

    def commit(self, sha: str) -> pygit2.Commit | None:
        """The commit with the full `sha`, or None (also where `sha` names a tree or a blob)."""
        found = self._repository.get(sha) if _is_full(sha) else None
        return found if isinstance(found, pygit2.Commit) else None

    def has_commit(self, sha: str) -> bool:
        """Whether `sha` is the full name of a commit that is here."""
        return self.commit(sha) is not None

    def resolve(self, ref: str) -> str | None:
        """The commit a branch, a tag, `heads/…`, `tags/…`, `pull/…/head` or a full sha means, or None."""
        if self.has_commit(ref):
            return ref
        return next((sha for name in _candidates(ref) if (sha := self.ref(name)) is not None), None)

    def ref(self, name: str) -> str | None:
        """The commit the full ref `name` points to, or None."""
        if not pygit2.reference_is_valid_name(name) or name not in self._repository.references:
            return None
        return str(self._repository.references[name].peel(pygit2.Commit).id)

    def branches(self) -> dict[str, str]:
        """The branches and their tips."""
        return {name: self._tip(name) for name in self._repository.branches.local}

    def branch(self, name: str) -> str | None:
        """The tip of a branch, or None."""
        return self.ref(f"refs/heads/{name}")

    def set_ref(self, name: str, sha: str) -> None:
        """Point the full ref `name` at `sha`, wherever it pointed."""
        self._repository.references.create(name, sha, force=True)

    def delete_ref(self, name: str) -> None:
        """Remove the full ref `name`. Raises KeyError if it is not there."""
        self._repository.references.delete(name)

    def take(self, source: "GitStore", branch: str, ref: str) -> None:
        """Copy `branch` of `source`, with all it needs, to the full ref `ref` here."""
        remote = self._repository.remotes.create_anonymous(str(source.path))
        remote.fetch([f"+refs/heads/{branch}:{ref}"])

    def contains(self, descendant: str, ancestor: str) -> bool:
        """Whether `ancestor` is in the history of `descendant`, or is it."""
        return descendant == ancestor or bool(self._repository.descendant_of(descendant, ancestor))

    def history(self, tip: str) -> Iterator[pygit2.Commit]:
        """The commits from `tip` down, newest first."""
        return iter(self._repository.walk(tip, SortMode.TOPOLOGICAL | SortMode.TIME))

    def write(
        self, files: Mapping[str, bytes | None], *, message: str, author: pygit2.Signature, parents: list[str]
    ) -> str:
        """Commit `files` (path to content; None removes) on top of the first parent; return its sha.

        No ref moves. `parents` may be empty: then the commit is a root.
        """
        index = pygit2.Index()
        if parents:
            index.read_tree(self._repository[parents[0]].peel(pygit2.Tree))
        for path, content in files.items():
            self._stage(index, path, content)
        tree = index.write_tree(self._repository)
        commit = self._repository.create_commit(
            None, author, author, message, tree, [pygit2.Oid(hex=parent) for parent in parents]
        )
        return str(commit)

    def merge(self, base: str, head: str, *, message: str, author: pygit2.Signature) -> str:
        """Commit the merge of two commits; return its sha, moving no ref. Raises ValueError on a conflict."""
        index = self._repository.merge_commits(pygit2.Oid(hex=base), pygit2.Oid(hex=head))
        if index.conflicts:
            raise ValueError(f"{head[:7]} does not merge with {base[:7]}; resolve the conflict first")
        parents = [pygit2.Oid(hex=base), pygit2.Oid(hex=head)]
        tree = index.write_tree(self._repository)
        return str(self._repository.create_commit(None, author, author, message, tree, parents))

    def changed_files(self, sha: str) -> tuple[ChangedFile, ...]:
        """What a commit changed, compared with its first parent."""
        commit = self._repository[sha].peel(pygit2.Commit)
        return self._files(str(commit.parent_ids[0]) if commit.parent_ids else None, sha)

    def _stage(self, index: pygit2.Index, path: str, content: bytes | None) -> None:
        if content is None:
            index.remove(path)
            return
        mode = index[path].mode if path in index else FileMode.BLOB
        index.add(pygit2.IndexEntry(path, self._repository.create_blob(content), mode))

    def _tip(self, branch: str) -> str:
        return str(self._repository.branches.local[branch].peel(pygit2.Commit).id)

    def _compare(self, base: str, head: str) -> Comparison:
        merge_base = self._repository.merge_base(base, head)
        fork_point = str(merge_base) if merge_base is not None else None
        return Comparison(
            merge_base=fork_point,
            ahead=tuple(reversed(self._only_in(head, base))),
            behind=len(self._only_in(base, head)),
            files=self._files(fork_point, head),
        )

    def _only_in(self, tip: str, hidden: str) -> list[str]:
        walker = self._repository.walk(tip, SortMode.TOPOLOGICAL)
        walker.hide(hidden)
        return [str(commit.id) for commit in walker]

    def _files(self, old: str | None, new: str) -> tuple[ChangedFile, ...]:
        tree = self._repository[new].peel(pygit2.Tree)
        if old is None:
            diff = tree.diff_to_tree(swap=True)
        else:
            diff = self._repository[old].peel(pygit2.Tree).diff_to_tree(tree)
        diff.find_similar()
        return tuple(_changed(patch) for patch in diff if patch is not None)


def signature(name: str, email: str) -> pygit2.Signature:
    """Who commits, now."""
    return pygit2.Signature(name, email, int(time()), 0)


def create_bare(path: Path, *, default_branch: str = "main") -> None:
    """Make an empty bare repository at `path`."""
    pygit2.init_repository(str(path), bare=True, initial_head=default_branch)


def copy_bare(source: Path, path: Path) -> None:
    """Copy a repository, branches and objects, into a new bare one at `path`."""
    copy = pygit2.clone_repository(str(source), str(path), bare=True)
    for name in copy.branches.remote:
        branch = name.removeprefix("origin/")
        if branch != "HEAD":
            target = copy.branches.remote[name].peel(pygit2.Commit)
            copy.references.create(f"refs/heads/{branch}", target.id, force=True)
    copy.remotes.delete("origin")
    copy.free()


def _changed(patch: pygit2.Patch) -> ChangedFile:
    delta = patch.delta
    _, additions, deletions = patch.line_stats
    status = _STATUSES[delta.status]
    name, old_name = _text(delta.new_file.raw_path), _text(delta.old_file.raw_path)
    blob = delta.old_file.id if delta.status == DeltaStatus.DELETED else delta.new_file.id
    return ChangedFile(
        filename=name,
        previous_filename=old_name if status == "renamed" else None,
        status=status,
        sha=str(blob),
        additions=additions,
        deletions=deletions,
        patch=None if delta.is_binary else _hunks(patch),
    )


def _hunks(patch: pygit2.Patch) -> str:
    """The patch without git's header lines, which GitHub leaves out."""
    text = patch.data.decode("utf-8", "replace")
    return text[text.find("@@") :].rstrip("\n") if "@@" in text else ""


def _text(path: bytes) -> str:
    """A file's name for JSON: bytes that are no UTF-8 become replacement characters, as GitHub shows them."""
    return path.decode("utf-8", "replace")


def _is_full(sha: str) -> bool:
    return len(sha) == len(ZERO_SHA) and all(digit in "0123456789abcdef" for digit in sha)


def _candidates(ref: str) -> tuple[str, ...]:
    return (f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/{ref}", ref)
