"""What check runs and owners are known by, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickborg import names
from tickborg.external_ids import BuildReference, external_id, read_external_id
from tickborg.github import RepositoryName
from tickborg.jobs import BuildMode, Origin
from tickborg.systems import System

REPO = RepositoryName(owner="acme", name="mono")
PULL = BuildReference(
    origin=Origin(pull=7),
    project="cgit",
    system=System.X86_64_LINUX,
    mode=BuildMode.BUILD,
    n="1a2b-3",
    run_id="0f8fad5b-d9cb-469f-a165-70867728950e",
)
BRANCH = PULL.model_copy(update={"origin": Origin(branch="release/1.x"), "mode": BuildMode.TEST})

_no_spaces = st.text(st.characters(exclude_categories=("Cs", "Zs", "Cc")), min_size=1)


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (PULL, "pr/acme/mono/7 cgit/x86_64-linux/build 1a2b-3 0f8fad5b-d9cb-469f-a165-70867728950e"),
        (
            BRANCH,
            "push/acme/mono/release/1.x cgit/x86_64-linux/test 1a2b-3 0f8fad5b-d9cb-469f-a165-70867728950e",
        ),
    ],
)
def test_an_external_id_never_changes(build: BuildReference, text: str) -> None:
    """GitHub has it of every check run there ever was."""
    assert external_id(REPO, build) == text
    assert read_external_id(REPO, text) == build


@given(
    st.builds(Origin, pull=st.integers(1, 2**31 - 1)) | st.builds(Origin, branch=_no_spaces),
    st.sampled_from(System),
    st.sampled_from(BuildMode),
    st.from_regex(r"[A-Za-z0-9._+-]{1,41}", fullmatch=True),
)
def test_every_build_is_found_again(origin: Origin, system: System, mode: BuildMode, project: str) -> None:
    """Whatever its branch is called."""
    build = BuildReference(origin=origin, project=project, system=system, mode=mode, n="1", run_id="r")
    assert read_external_id(REPO, external_id(REPO, build)) == build


@given(st.text())
def test_anything_else_is_none_of_ours(text: str) -> None:
    """Other Apps write what they like."""
    assert read_external_id(REPO, text) is None


def test_another_repositorys_build_is_none_of_ours() -> None:
    """An external id is read beside the repository that sent it."""
    other = RepositoryName(owner="acme", name="mono2")
    assert read_external_id(other, external_id(REPO, PULL)) is None


NO_OWNERS = (
    "",
    "pr/acme/mono/",
    "pr/acme/mono/0",
    "pr/acme/mono/07",
    "pr/acme/mono/-1",
    "pr/acme/mono/٣",
    "pr/acme/mono/7/8",
    f"pr/acme/mono/{10**10}",
    "push/acme/mono/",
    "push/acme/mono",
    "build/acme/mono/7",
)


@pytest.mark.parametrize("owner", NO_OWNERS)
def test_what_is_no_owners_id_owns_nothing(owner: str) -> None:
    """Only what :func:`owner_id` would write is read."""
    assert names.origin_of(REPO, owner) is None
