"""Who may build where (design, section 6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from tickborg.github import Permission, PullRequest
from tickborg.policy import Policy, Trust
from tickborg.systems import System

_NEWCOMERS = frozenset({"FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", "NONE"})
"""Values of ``author_association`` without a merged contribution.

https://docs.github.com/en/graphql/reference/enums#commentauthorassociation
"""


def permission_matters(policy: Policy, user: str) -> bool:
    """Whether the answer to "may ``user`` write?" can change anything, so that GitHub need be asked."""
    if _trusted_by_settings(policy, user):
        return False
    return policy.require_approval or not set(policy.systems) <= set(policy.primary_systems)


def is_trusted(policy: Policy, permission: Permission, user: str) -> bool:
    """Whether ``user``, who has ``permission`` on the repository, may build everywhere."""
    return permission.may_write or _trusted_by_settings(policy, user)


def systems_for(policy: Policy, permission: Permission, user: str) -> tuple[System, ...]:
    """The systems, of those there are builders for, on which ``user`` may build; in the policy's order."""
    if is_trusted(policy, permission, user):
        return policy.systems
    return tuple(system for system in policy.systems if system in policy.primary_systems)


def needs_approval(policy: Policy, permission: Permission, pull: PullRequest) -> bool:
    """Whether ``pull`` is a first contribution that a maintainer must let in, by asking for a build of it.

    ``permission`` is the author's. It decides before ``author_association``, which hides private members.
    """
    if not policy.require_approval or is_trusted(policy, permission, pull.author):
        return False
    return pull.author_association in _NEWCOMERS


@dataclass(frozen=True)
class Person:
    """Somebody who asks for something, by a comment or a button."""

    login: str
    policy: Policy
    permission: Permission
    """On the repository."""

    @property
    def trusted(self) -> bool:
        """Whether they may have everything done."""
        return is_trusted(self.policy, self.permission, self.login)

    @property
    def systems(self) -> tuple[System, ...]:
        """Where they may build."""
        return systems_for(self.policy, self.permission, self.login)

    def is_needed_for(self, systems: Iterable[System]) -> bool:
        """Whether one of ``systems``, on which they may build, is not for everybody."""
        return not set(systems) <= set(self.for_everybody_among(systems))

    def for_everybody_among(self, systems: Iterable[System]) -> tuple[System, ...]:
        """Those of ``systems`` on which everybody may build."""
        everybody = systems_for(self.policy, Permission.READ, "")
        return tuple(system for system in systems if system in everybody)

    def wrote(self, pull: PullRequest) -> bool:
        """Whether ``pull`` is theirs."""
        return self.login.casefold() == pull.author.casefold()

    def has_a_say_in(self, pull: PullRequest) -> bool:
        """Whether what runs for ``pull`` may be ended, and all of it begun anew, for them."""
        return self.trusted or self.wrote(pull)


def _trusted_by_settings(policy: Policy, user: str) -> bool:
    """GitHub's logins are the same in any case."""
    if policy.trust is Trust.EVERYONE:
        return True
    return user.casefold() in {trusted.casefold() for trusted in policy.trusted_users}
