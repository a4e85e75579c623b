"""Workspaces: what is written, what is refused, and that nothing stays."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest

from activities.clients.git.fetch import GitFetch
from activities.clients.git.mirror import Mirror
from activities.clients.git.mirror_store import MirrorStore
from activities.clients.git.object_store import open_repository
from activities.clients.git.trees import Entry, Trees
from activities.clients.workspace.folder_removal import remove_folder
from activities.clients.workspace.tree_writer import TreeWriter
from activities.clients.workspace.workspace import Leftovers, WorkspaceFolder
from tests.support.git_repository import Changes, GitRepository, executable, submodule, symlink
from tickborg.errors import HeadGoneError, InfrastructureError, RefusedError
from tickborg.github import RepositoryName
from tickborg.jobs import BuildJob, Merge, MergeJob, Origin
from tickborg.materialised import Materialised
from tickborg.projects import BuildSystem, Needed, Project
from tickborg.systems import System

REPO = RepositoryName(owner="octo", name="monorepo")
FILES: Changes = {
    "README.md": "# Monorepo\n",
    "cmark/Makefile": "all:\n",
    "cmark/src/main.c": "int main;\n",
    "cgit/Makefile": "all:\n",
    "libs/nbt/Makefile": "all:\n",
    "libs/other/Makefile": "all:\n",
    "cmake/modules/Find.cmake": "# find\n",
    "docs/index.md": "# Docs\n",
}


class Builder:
    """A builder's workspaces, and the repository on the server."""

    def __init__(self, folder: Path) -> None:
        self.repository = GitRepository.create(folder / "server.git", bare=True)
        self.root = folder / "workspaces"
        self.mirrors = folder / "mirrors"
        git = GitFetch(lambda _: self.repository.url, lambda _: None, environment=os.environ)
        self.workspaces = WorkspaceFolder(self.root, MirrorStore(self.mirrors, git, shallow=True))
        self._worker = Mirror(MirrorStore(folder / "worker", git))

    def job(
        self, changes: Changes, path: str = "cmark", *needs: Project, also: tuple[str, ...] = ()
    ) -> BuildJob:
        """The job of a pull request that makes ``changes`` to ``main``, after ``main`` has moved on."""
        start = self.repository.head()
        self.repository.branch("topic", start)
        head = self.repository.commit(changes, branch="topic")
        self.repository.set_ref("refs/pull/7/head", head)
        self.repository.commit({"docs/news.md": "of the base\n"})
        report = self._worker.merge(
            MergeJob(repo=REPO, head_ref="refs/pull/7/head", head_sha=head, base_ref="main")
        )
        assert report.merge is not None
        return build_job(report.merge, path, *needs, also=also)

    def leftovers(self) -> list[Path]:
        """Workspaces that are still there."""
        return list(self.root.glob("*/"))


def build_job(merge: Merge, path: str = "cmark", *needs: Project, also: tuple[str, ...] = ()) -> BuildJob:
    """A build of the project at ``path``."""
    return BuildJob(
        repo=REPO,
        origin=Origin(pull=7),
        head_ref="refs/pull/7/head",
        base_ref="main",
        merge=merge,
        project=project(path, also=also),
        needs=tuple(map(Needed.of, needs)),
        system=System.X86_64_LINUX,
    )


def project(path: str, *, also: tuple[str, ...] = ()) -> Project:
    """A project of that path."""
    return Project(name=path.replace("/", "-"), path=path, also=also, build_system=BuildSystem.MAKE)


def files_in(folder: Path) -> set[str]:
    """Paths of all that is no folder."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return {str(path.relative_to(folder)) for path in found}


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[Builder]:
    """A builder, and a server with several projects; no workspace may stay."""
    builder = Builder(tmp_path)
    builder.repository.commit(FILES)
    yield builder
    assert builder.leftovers() == []


def test_a_workspace_has_the_projects_files_of_the_merge(builder: Builder) -> None:
    """Its path and the files at the top, with what head and base changed; nothing else."""
    job = builder.job({"cmark/src/main.c": "int changed;\n", "LICENSE": "MIT\n"})
    with builder.workspaces.materialise(job) as folder:
        assert files_in(folder) == {"README.md", "LICENSE", "cmark/Makefile", "cmark/src/main.c"}
        assert (folder / "cmark/src/main.c").read_text() == "int changed;\n"
        assert {path.name for path in folder.iterdir()} == {"README.md", "LICENSE", "cmark"}


def test_what_a_project_needs_comes_with_it(builder: Builder) -> None:
    """The paths of its needs, and the globs of all of them."""
    nbt = project("libs/nbt", also=("docs/*.md",))
    job = builder.job({"cmark/a": "1"}, "cmark", nbt, also=("cmake/**",))
    with builder.workspaces.materialise(job) as folder:
        assert files_in(folder) == {
            "README.md",
            "cmark/Makefile",
            "cmark/a",
            "cmark/src/main.c",
            "libs/nbt/Makefile",
            "cmake/modules/Find.cmake",
            "docs/index.md",
            "docs/news.md",
        }


def test_the_whole_repository_is_a_project_too(builder: Builder) -> None:
    """The path ``.`` is everything."""
    with builder.workspaces.materialise(builder.job({"cmark/a": "1"}, ".")) as folder:
        assert files_in(folder) == {*FILES, "cmark/a", "docs/news.md"}


def test_modes_links_and_submodules_are_as_git_has_them(builder: Builder) -> None:
    """A script can be run, a link stays a link wherever it points, a submodule is an empty folder."""
    job = builder.job(
        {
            "cmark/run.sh": executable("#!/bin/sh\n"),
            "cmark/inside": symlink("src/main.c"),
            "cmark/outside": symlink("/etc/passwd"),
            "cmark/dangling": symlink("nowhere"),
            "cmark/vendor": submodule("1" * 40),
            "cmark/empty": "",
        }
    )
    with builder.workspaces.materialise(job) as folder:
        cmark = folder / "cmark"
        assert stat.S_IMODE((cmark / "run.sh").stat().st_mode) == 0o755
        assert stat.S_IMODE((cmark / "Makefile").stat().st_mode) == 0o644
        assert (cmark / "inside").read_text() == "int main;\n"
        assert (cmark / "outside").readlink() == Path("/etc/passwd")
        assert (cmark / "dangling").readlink() == Path("nowhere")
        assert list((cmark / "vendor").iterdir()) == []
        assert (cmark / "empty").read_bytes() == b""


def test_names_and_contents_may_be_any_bytes(builder: Builder) -> None:
    """Spaces, line breaks and what is no UTF-8 arrive unchanged."""
    names = [b"cmark/a b", b"cmark/a\nb", b"cmark/caf\xe9", b"cmark/-rf", b"cmark/\xf0\x9f\x98\x80"]
    job = builder.job({name: b"\x00\xff\r\n" + name for name in names})
    with builder.workspaces.materialise(job) as folder:
        for name in names:
            assert Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).read_bytes() == b"\x00\xff\r\n" + name


def test_line_endings_and_attributes_are_left_alone(builder: Builder) -> None:
    """What is written is what git stores."""
    pointer = "version https://git-lfs.github.com/spec/v1\n"
    job = builder.job(
        {".gitattributes": "* eol=crlf\n*.bin filter=lfs\n", "cmark/a": "1\n", "cmark/b.bin": pointer}
    )
    with builder.workspaces.materialise(job) as folder:
        assert (folder / "cmark/a").read_bytes() == b"1\n"
        assert (folder / "cmark/b.bin").read_text() == pointer


def test_all_files_are_of_one_time(builder: Builder) -> None:
    """To make, no generated file looks older than what it is made from."""
    job = builder.job({f"cmark/{number}": "1" for number in range(50)})
    with builder.workspaces.materialise(job) as folder:
        assert len({(folder / path).stat().st_mtime for path in files_in(folder)}) == 1


def test_builders_need_no_history(builder: Builder) -> None:
    """Three commits and their trees are fetched, and not what came before."""
    for number in range(5):
        builder.repository.commit({"docs/old.md": f"{number}\n"})
    old = builder.repository.head()
    builder.repository.commit({"docs/old.md": "new\n"})
    with builder.workspaces.materialise(builder.job({"cmark/a": "1"})):
        mirrored = GitRepository(builder.mirrors / "octo/monorepo.git")
        with pytest.raises(KeyError):
            mirrored.tree(old)


def test_a_second_build_of_a_merge_asks_the_server_nothing(builder: Builder) -> None:
    """Another project of the same merge finds all commits pinned."""
    job = builder.job({"cmark/a": "1"})
    with builder.workspaces.materialise(job):
        builder.repository = GitRepository.create(builder.root / "no-such-server", bare=True)
        with builder.workspaces.materialise(build_job(job.merge, "cgit")) as folder:
            assert "cgit/Makefile" in files_in(folder)
    (builder.root / "no-such-server").rename(builder.root.parent / "gone")


def test_a_merge_by_libgit2_is_found_again(builder: Builder) -> None:
    """What the evaluation asked libgit2 for, the builder asks it for as well."""
    text = "".join(f"{line}\n" for line in range(20))
    start = builder.repository.commit({"cmark/old.c": text})
    builder.repository.branch("topic", start)
    builder.repository.commit({"cmark/old.c": text + "more\n"})
    job = builder.job({})
    head = builder.repository.commit(
        {"cmark/old.c": None, "cmark/new.c": text}, branch="rename", parents=(start,)
    )
    builder.repository.set_ref("refs/pull/8/head", head)
    report = builder._worker.merge(
        MergeJob(repo=REPO, head_ref="refs/pull/8/head", head_sha=head, base_ref="main")
    )
    assert report.whole_merge
    assert report.merge is not None
    with builder.workspaces.materialise(job.model_copy(update={"merge": report.merge})) as folder:
        assert (folder / "cmark/new.c").read_text() == text + "more\n"


def test_another_tree_than_the_evaluations_is_loud(builder: Builder) -> None:
    """A builder of another version must not build something else in silence."""
    job = builder.job({"cmark/a": "1"})
    other = job.model_copy(update={"merge": job.merge.model_copy(update={"tree": "3" * 40})})
    with (
        pytest.raises(InfrastructureError, match="run the same tickborg"),
        builder.workspaces.materialise(other),
    ):
        pass


def test_a_commit_that_is_nowhere_is_gone(builder: Builder) -> None:
    """The head was replaced and swept away before the builder came to it."""
    job = builder.job({"cmark/a": "1"})
    gone = job.model_copy(update={"merge": job.merge.model_copy(update={"head_sha": "4" * 40})})
    with pytest.raises(HeadGoneError), builder.workspaces.materialise(gone):
        pass


def test_a_mirror_damaged_meanwhile_is_mended_within_the_same_attempt(builder: Builder) -> None:
    """Half of the files were written already; the workspace is begun anew."""
    job = builder.job({"cmark/a": "1"}, ".")
    with builder.workspaces.materialise(job):
        pass
    remove_object(builder.mirrors / "octo/monorepo.git", f"{job.merge.head_sha}:cmark/src/main.c")
    with builder.workspaces.materialise(job) as folder:
        assert (folder / "cmark/src/main.c").read_text() == "int main;\n"


def remove_object(mirror: Path, revision: str) -> None:
    """Remove a loose object from a mirror."""
    sha = str(pygit2.Repository(str(mirror)).revparse_single(revision).id)
    (mirror / "objects" / sha[:2] / sha[2:]).unlink()


@pytest.mark.parametrize("name", [b".git", b".GIT", b"..", b"."])
def test_names_that_lead_elsewhere_are_refused(builder: Builder, name: bytes) -> None:
    """Git itself would not write such a tree; someone else may."""
    job = builder.job({b"cmark/" + name + b"/config": "[core]\n"})
    with pytest.raises(RefusedError, match="no file may be called"), builder.workspaces.materialise(job):
        pass


def test_a_link_to_nothing_at_all_is_refused(builder: Builder) -> None:
    """A link needs a target."""
    with (
        pytest.raises(RefusedError, match="cmark/link"),
        builder.workspaces.materialise(builder.job({"cmark/link": symlink("")})),
    ):
        pass


def test_a_name_that_is_too_long_for_the_disk_is_refused(builder: Builder) -> None:
    """It is the tree that cannot be written here, and not this host's fault."""
    with (
        pytest.raises(RefusedError, match="File name too long"),
        builder.workspaces.materialise(builder.job({"cmark/" + "x" * 300: "1"})),
    ):
        pass


def test_nothing_is_written_through_a_link(builder: Builder, tmp_path: Path) -> None:
    """A tree with a link and a folder of one name: the second is refused, the link's target untouched."""
    target = tmp_path / "target"
    target.mkdir()
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "cmark").symlink_to(target)
    trees = Trees(open_repository(builder.repository.path))
    tree = Entry.of_tree(builder.repository.tree(builder.repository.head()))
    with pytest.raises(RefusedError, match="cmark"):
        TreeWriter(trees, folder, Materialised([project(".")])).write(tree)
    assert list(target.iterdir()) == []


def test_a_full_disk_is_this_hosts_fault_and_the_workspace_is_freed(
    builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the folder, and the attempt goes to another builder."""
    job = builder.job({"cmark/a": "1"})
    with builder.workspaces.materialise(job):
        pass  # now all is fetched, and nothing but the workspace is written

    def full(_: int, __: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "write", full)
        with (
            pytest.raises(InfrastructureError, match=r"no space left .*workspaces"),
            builder.workspaces.materialise(job),
        ):
            pass


def test_a_root_that_cannot_be_made_is_named(builder: Builder) -> None:
    """A file is in the place of the folder of workspaces."""
    job = builder.job({"cmark/a": "1"})
    builder.root.write_text("")
    with (
        pytest.raises(InfrastructureError, match=r"no workspace can be made in .*workspaces"),
        builder.workspaces.materialise(job),
    ):
        pass


def test_a_workspace_is_removed_whatever_a_build_left(builder: Builder, tmp_path: Path) -> None:
    """Folders nobody may enter, links to elsewhere, and folders nested deeper than a path can say."""
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("of somebody else")
    with builder.workspaces.materialise(builder.job({"cmark/a": "1"})) as folder:
        (folder / "link").symlink_to(kept)
        (folder / "read-only/inner").mkdir(parents=True)
        (folder / "read-only/inner/file").write_text("")
        (folder / "read-only/inner").chmod(0o500)
        (folder / "read-only").chmod(0)
        os.mkfifo(folder / "pipe")
        nest(folder, 1200)
    assert not folder.exists()
    assert (kept / "file").read_text() == "of somebody else"


def nest(folder: Path, depth: int) -> None:
    """Make folders in folders, as deep as no path reaches."""
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("deeper", dir_fd=descriptor)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)


def test_an_ordinary_user_can_remove_read_only_folders() -> None:
    """Root may do anything; builders are not root."""
    script = (
        "import os, tempfile; from pathlib import Path\n"
        "from activities.clients.workspace.folder_removal import remove_folder\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "folder = Path(tempfile.mkdtemp())\n"
        "inner = folder / 'a/b'; inner.mkdir(parents=True); (inner / 'c').write_text('')\n"
        "inner.chmod(0o500); (folder / 'a').chmod(0)\n"
        "remove_folder(folder)\n"
        "print(folder.exists())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_failed_build_leaves_no_workspace(builder: Builder) -> None:
    """Whatever is raised inside the block comes out of it."""
    job = builder.job({"cmark/a": "1"})
    with pytest.raises(ZeroDivisionError), builder.workspaces.materialise(job):
        raise ZeroDivisionError


def test_the_workspaces_of_dead_builders_are_removed(builder: Builder) -> None:
    """One whose builder lives stays; one whose builder was killed goes."""
    left = builder.root / "abc-dead"
    (left / "cmark").mkdir(parents=True)
    with builder.workspaces.materialise(builder.job({"cmark/a": "1"})) as folder:
        assert builder.workspaces.remove_leftovers() == Leftovers(removed=1)
        assert builder.leftovers() == [folder]


def test_a_workspace_that_cannot_be_removed_holds_up_no_other(
    builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor the builder: a person hears of it, with what to do."""
    for name in ("abc-stuck", "def-dead"):
        (builder.root / name).mkdir(parents=True)

    def refused(folder: Path) -> None:
        if folder.name == "abc-stuck":
            raise OSError(errno.EPERM, "Operation not permitted", str(folder))
        remove_folder(folder)

    monkeypatch.setattr("activities.clients.workspace.workspace.remove_folder", refused)
    left = builder.workspaces.remove_leftovers()
    stuck = builder.root / "abc-stuck"
    assert builder.leftovers() == [stuck]
    assert left == Leftovers(
        removed=1, troubles=(f"{stuck} could not be removed (Operation not permitted): remove it by hand",)
    )
    stuck.rmdir()
