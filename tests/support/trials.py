"""Repositories to try changes of, and what ``tickborg try`` reports."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.command_line import Ended
from tests.support.git_repository import Changes, GitRepository, submodule, symlink

MAKEFILE = "all: main.c\n\t$(CC) -o main main.c\n\ncheck: all\n\t./main\n"
GOOD, BROKEN = "int main(void) { return 0; }\n", "int main(void) { return oops; }\n"
C_PROJECT = {"Makefile": MAKEFILE, "main.c": GOOD}
TWO_PROJECTS = '[[project]]\nname = "one"\npath = "one"\n[[project]]\nname = "two"\npath = "two"\n'

ODD_NAMES = (b"a b/x\ny\x1b[31m", b"new\nline/caf\xe9", b"a b/ -rf \xe2\x80\xae")
"""Spaces, line breaks, colours, bytes that are not UTF-8, options, and a change of direction."""


def report(tried: Ended) -> dict[str, Any]:
    """What ``--json`` printed."""
    found: dict[str, Any] = json.loads(tried.printed)
    return found


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file below a folder with a hash of what it holds and its mode, those of git as well."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() or path.is_symlink())
    return {str(path): f"{path.lstat().st_mode:o} {_hash(path)}" for path in files}


def _hash(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would, with none of this machine's settings."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-c", "safe.directory=*", *identity, "-C", str(folder), *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def work_tree(path: Path, files: Changes | None = None, change: Changes | None = None) -> Path:
    """A repository with a work tree, on a branch ``topic`` that changes one thing of ``main``."""
    repository = GitRepository.create(path)
    base = repository.commit(files or {"Makefile": MAKEFILE, "main.c": GOOD}, message="Begin")
    repository.branch("topic", base)
    repository.commit(change or {"main.c": f"/* better */\n{GOOD}"}, branch="topic", message="Do it better")
    repository.check_out("topic")
    return path


def odd_tree(path: Path) -> GitRepository:
    """A repository of two projects with files and folders of odd names, links and a submodule."""
    names: Changes = dict.fromkeys(ODD_NAMES, "1\n")
    others: Changes = {
        "a b/Makefile": "all:\n\tcat ./*y* ./*rf*\n",
        "new\nline/Makefile": "all:\n\tcat caf*\n",
        b"caf\xe9/Makefile": "all:\n",
        "a b/out": symlink("../../../../etc"),
        "a b/vendor": submodule("1" * 40),
        "link": symlink("a b"),
    }
    repository = GitRepository.create(path)
    repository.branch("topic", repository.commit({**names, **others}, message="Begin"))
    repository.commit(dict.fromkeys(ODD_NAMES, "2\n"), branch="topic", message=b"caf\xe9\x1b[31m")
    return repository
