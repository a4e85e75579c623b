"""Commits, branches, comparisons and the files they change."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pygit2

from emulator.git import ChangedFile
from emulator.payloads.repositories import repository_url
from emulator.payloads.scalars import node_id, stamp
from emulator.state import Repository


def commit(repository: Repository, sha: str, root: str) -> dict[str, Any]:
    """A `commit`, without its files; authors are not matched with accounts. Raises KeyError if it is gone."""
    found, url = _commit(repository, sha), repository_url(repository, root)
    return {
        "url": f"{url}/commits/{sha}",
        "sha": sha,
        "node_id": node_id("C", int(sha[:12], 16)),
        "html_url": f"{root}/{repository.full_name}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "commit": git_commit(repository, sha, root),
        "author": None,
        "committer": None,
        "parents": [_parent(repository, str(parent), root) for parent in found.parent_ids],
    }


def git_commit(repository: Repository, sha: str, root: str) -> dict[str, Any]:
    """What git itself knows of a commit."""
    found, url = _commit(repository, sha), f"{repository_url(repository, root)}/git"
    return {
        "url": f"{url}/commits/{sha}",
        "author": _person(found.author),
        "committer": _person(found.committer),
        "message": found.message.rstrip("\n"),
        "comment_count": 0,
        "tree": {"sha": str(found.tree_id), "url": f"{url}/trees/{found.tree_id}"},
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "payload": None,
            "signature": None,
            "verified_at": None,
        },
    }


def full_commit(repository: Repository, sha: str, root: str) -> dict[str, Any]:
    """A commit with its statistics and files, as `GET …/commits/{ref}` answers it."""
    files = repository.git.changed_files(sha)
    additions, deletions = sum(file.additions for file in files), sum(file.deletions for file in files)
    return commit(repository, sha, root) | {
        "stats": {"additions": additions, "deletions": deletions, "total": additions + deletions},
        "files": [changed_file(repository, sha, file, root) for file in files],
    }


def changed_file(repository: Repository, sha: str, file: ChangedFile, root: str) -> dict[str, Any]:
    """A `diff-entry`."""
    path, page = quote(file.filename), f"{root}/{repository.full_name}"
    entry: dict[str, Any] = {
        "sha": file.sha,
        "filename": file.filename,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{sha}/{path}",
        "raw_url": f"{page}/raw/{sha}/{path}",
        "contents_url": f"{repository_url(repository, root)}/contents/{path}?ref={sha}",
    }
    if file.patch is not None:
        entry["patch"] = file.patch
    if file.previous_filename is not None:
        entry["previous_filename"] = file.previous_filename
    return entry


def branch(repository: Repository, name: str, sha: str, root: str) -> dict[str, Any]:
    """A `branch-with-protection`: none is protected."""
    url = f"{repository_url(repository, root)}/branches/{name}"
    return {
        "name": name,
        "commit": commit(repository, sha, root),
        "_links": {"self": url, "html": f"{root}/{repository.full_name}/tree/{name}"},
        "protected": False,
        "protection": {
            "enabled": False,
            "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
        },
        "protection_url": f"{url}/protection",
    }


def comparison(repository: Repository, base: str, head: str, root: str) -> dict[str, Any]:
    """A `commit-comparison` of two shas that share history."""
    found = repository.git.compare(base, head)
    url = f"{repository_url(repository, root)}/compare/{base}...{head}"
    page = f"{root}/{repository.full_name}/compare/{base}...{head}"
    return {
        "url": url,
        "html_url": page,
        "permalink_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "base_commit": commit(repository, base, root),
        "merge_base_commit": commit(repository, str(found.merge_base), root),
        "status": _relation(ahead=len(found.ahead), behind=found.behind),
        "ahead_by": len(found.ahead),
        "behind_by": found.behind,
        "total_commits": len(found.ahead),
        "commits": [commit(repository, sha, root) for sha in found.ahead],
        "files": [changed_file(repository, head, file, root) for file in found.files],
    }


def pushed_commit(repository: Repository, sha: str, root: str) -> dict[str, Any]:
    """A commit as the `push` webhook carries it, with the paths it touched."""
    files = repository.git.changed_files(sha)
    return head_commit(repository, sha) | {
        "distinct": True,
        "url": f"{root}/{repository.full_name}/commit/{sha}",
        "added": [file.filename for file in files if file.status in {"added", "renamed", "copied"}],
        "removed": [_old_name(file) for file in files if file.status in {"removed", "renamed"}],
        "modified": [file.filename for file in files if file.status in {"modified", "changed"}],
    }


def head_commit(repository: Repository, sha: str) -> dict[str, Any]:
    """A commit as check suites carry it."""
    found = _commit(repository, sha)
    return {
        "id": sha,
        "tree_id": str(found.tree_id),
        "message": found.message.rstrip("\n"),
        "timestamp": stamp(datetime.fromtimestamp(found.commit_time, UTC)),
        "author": {"name": found.author.name, "email": found.author.email},
        "committer": {"name": found.committer.name, "email": found.committer.email},
    }


def _commit(repository: Repository, sha: str) -> pygit2.Commit:
    found = repository.git.commit(sha)
    if found is None:
        raise KeyError(sha)
    return found


def _person(signature: pygit2.Signature) -> dict[str, str]:
    moment = datetime.fromtimestamp(signature.time, UTC)
    return {"name": signature.name, "email": signature.email, "date": stamp(moment)}


def _parent(repository: Repository, sha: str, root: str) -> dict[str, str]:
    return {
        "sha": sha,
        "url": f"{repository_url(repository, root)}/commits/{sha}",
        "html_url": f"{root}/{repository.full_name}/commit/{sha}",
    }


def _relation(*, ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    return "ahead" if ahead else "behind" if behind else "identical"


def _old_name(file: ChangedFile) -> str:
    return file.previous_filename or file.filename
