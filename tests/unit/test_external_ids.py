"""What a check run is known by (design, section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import REPO, build_job
from tickborg.external_ids import BuildReference, external_id, read_external_id
from tickborg.github import RepositoryName
from tickborg.jobs import BuildMode, Origin
from tickborg.systems import System

RUN = "0199f1d2-0000-7000-8000-00000000cafe"
REFERENCE = BuildReference.of(build_job(), "ab1212", RUN)


def test_it_says_whose_build_it_is_and_which() -> None:
    """Owner, build key, number and run."""
    assert external_id(REPO, REFERENCE) == f"pr/acme/mono/7 meshmc/x86_64-linux/build ab1212 {RUN}"


@given(
    origin=st.one_of(
        st.integers(1, 2**31 - 1).map(lambda number: Origin(pull=number)),
        st.from_regex(r"[a-z]+(/[a-z.]+)*", fullmatch=True).map(lambda branch: Origin(branch=branch)),
    ),
    project=st.from_regex(r"[A-Za-z0-9._+-]{1,41}", fullmatch=True),
    system=st.sampled_from(System),
    mode=st.sampled_from(BuildMode),
)
def test_what_is_written_is_read_back(origin: Origin, project: str, system: System, mode: BuildMode) -> None:
    """Of a pull request and of a branch, whatever they are called."""
    build = BuildReference(origin=origin, project=project, system=system, mode=mode, n="ab121", run_id=RUN)
    assert read_external_id(REPO, external_id(REPO, build)) == build


@pytest.mark.parametrize(
    "text",
    [
        "",
        "another App's",
        "a b c d",
        f"pr/acme/other/7 meshmc/x86_64-linux/build ab1 {RUN}",
        f"pr/acme/mono/x meshmc/x86_64-linux/build ab1 {RUN}",
        f"push/acme/mono/ meshmc/x86_64-linux/build ab1 {RUN}",
        f"pr/acme/mono/7 meshmc/vax/build ab1 {RUN}",
        f"pr/acme/mono/7 meshmc/x86_64-linux ab1 {RUN}",
    ],
)
def test_what_is_not_ours_is_nobodys(text: str) -> None:
    """Other Apps write what they like, and a repository's own builds are no other's."""
    assert read_external_id(REPO, text) is None


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """GitHub sends back what some App once wrote."""
    read_external_id(RepositoryName(owner="acme", name="mono"), text)
