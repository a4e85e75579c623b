"""Who may build where (design, section 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.samples import pull_request
from tickborg.acl import is_trusted, needs_approval, permission_matters, systems_for
from tickborg.github import Permission
from tickborg.policy import Policy, Trust
from tickborg.systems import System

LINUX, MAC = System.X86_64_LINUX, System.AARCH64_DARWIN
POLICY = Policy(systems=(LINUX, MAC), trusted_users=("Grace",))
EVERYONE = POLICY.model_copy(update={"trust": Trust.EVERYONE})


@pytest.mark.parametrize(
    ("policy", "permission", "user", "expected"),
    [
        (POLICY, Permission.ADMIN, "ada", (LINUX, MAC)),
        (POLICY, Permission.WRITE, "ada", (LINUX, MAC)),
        (POLICY, Permission.READ, "ada", (LINUX,)),
        (POLICY, Permission.NONE, "ada", (LINUX,)),
        (POLICY, Permission.NONE, "grace", (LINUX, MAC)),
        (EVERYONE, Permission.NONE, "ada", (LINUX, MAC)),
        (Policy(systems=(MAC,)), Permission.NONE, "ada", ()),
        (Policy(systems=(MAC,)), Permission.WRITE, "ada", (MAC,)),
    ],
)
def test_writers_and_trusted_build_everywhere_and_others_on_primary_systems(
    policy: Policy, permission: Permission, user: str, expected: tuple[System, ...]
) -> None:
    """Of the systems there are builders for; logins are the same in any case."""
    assert systems_for(policy, permission, user) == expected


POLICIES = st.builds(
    Policy,
    systems=st.lists(st.sampled_from(System), unique=True).map(tuple),
    primary_systems=st.lists(st.sampled_from(System), unique=True).map(tuple),
    trusted_users=st.sampled_from([(), ("ada",), ("ADA",)]),
    trust=st.sampled_from(Trust),
    require_approval=st.booleans(),
)


@given(policy=POLICIES, association=st.sampled_from(["NONE", "CONTRIBUTOR", "FIRST_TIMER"]))
def test_where_the_permission_does_not_matter_all_permissions_give_the_same(
    policy: Policy, association: str
) -> None:
    """GitHub need not be asked exactly when nothing would come of it."""
    pull = pull_request(author_association=association)
    answers = {
        (systems_for(policy, permission, "ada"), needs_approval(policy, permission, pull))
        for permission in Permission
    }
    if not permission_matters(policy, "ada"):
        assert len(answers) == 1


@pytest.mark.parametrize(
    ("association", "permission", "expected"),
    [
        ("FIRST_TIMER", Permission.READ, True),
        ("FIRST_TIME_CONTRIBUTOR", Permission.READ, True),
        ("NONE", Permission.NONE, True),
        ("CONTRIBUTOR", Permission.READ, False),
        ("NONE", Permission.WRITE, False),
    ],
)
def test_a_first_contribution_waits_for_a_maintainer(
    association: str, permission: Permission, *, expected: bool
) -> None:
    """Where the operator wants it; a private member who may write is none, whatever GitHub calls them."""
    pull = pull_request(author_association=association)
    wanted = Policy(require_approval=True)
    assert needs_approval(wanted, permission, pull) is expected
    assert not needs_approval(Policy(), permission, pull)


def test_trust_in_everyone_is_trust_in_anyone() -> None:
    """The distinction can be turned off."""
    assert is_trusted(EVERYONE, Permission.NONE, "mallory")
    assert not is_trusted(POLICY, Permission.NONE, "mallory")
