"""Who may make which call."""

from dataclasses import dataclass
from typing import Literal

from emulator.authentication import Caller
from emulator.errors import Forbidden, NotFound, Unauthorized
from emulator.payloads.repositories import role_of
from emulator.state import Repository, Token

_LEVELS = ("none", "read", "write", "admin")
_INACCESSIBLE = "Resource not accessible by integration"


@dataclass(frozen=True)
class Needs:
    """What a route asks for: an App's JWT, or `level` on any one of `permissions` (of none: on metadata)."""

    level: Literal["app", "read", "write"]
    permissions: tuple[str, ...] = ()


AS_APP = Needs("app")
ANYBODY = Needs("read")


def reads(*permissions: str) -> Needs:
    """Reading with one of these permissions; public repositories need none."""
    return Needs("read", permissions)


def writes(*permissions: str) -> Needs:
    """Writing with one of these permissions."""
    return Needs("write", permissions)


def admit(needs: Needs, caller: Caller, repository: Repository | None) -> None:
    """Let the caller pass, or raise what GitHub answers: what may not be seen is not found.

    (https://docs.github.com/rest/authentication/permissions-required-for-github-apps)
    """
    if needs.level == "app":
        if caller.app is None:
            raise Unauthorized("A JSON web token could not be decoded")
    elif caller.app is not None:
        raise Unauthorized("Bad credentials")
    elif repository is not None:
        _admit_to(repository, needs, caller.token)


def may_see(token: Token | None, repository: Repository) -> bool:
    """Whether the holder of a token (None is the public) may read a repository at all."""
    if not repository.private:
        return True
    if token is None:
        return False
    if token.installation is None:
        return role_of(token.user, repository) is not None
    return repository in _repositories(token)


def granted(token: Token, permission: str, level: str) -> bool:
    """Whether an installation token has a permission at a level or above."""
    return _LEVELS.index((token.permissions or {}).get(permission, "none")) >= _LEVELS.index(level)


def _admit_to(repository: Repository, needs: Needs, token: Token | None) -> None:
    if not may_see(token, repository):
        raise NotFound
    if token is None:
        if needs.level == "write":
            raise Unauthorized("Requires authentication")
    elif token.installation is None:
        _admit_person(repository, needs, token)
    elif not _is_allowed(token, repository, needs):
        raise Forbidden(_INACCESSIBLE)


def _admit_person(repository: Repository, needs: Needs, token: Token) -> None:
    if needs.level == "write" and role_of(token.user, repository) not in {"write", "maintain", "admin"}:
        raise Forbidden("Must have push access to repository")
    if needs.level == "write" and "checks" in needs.permissions:
        raise Forbidden("You must authenticate via a GitHub App.")


def _is_allowed(token: Token, repository: Repository, needs: Needs) -> bool:
    if needs.level == "read" and not repository.private:
        return True
    names = needs.permissions or ("metadata",)
    return repository in _repositories(token) and any(granted(token, name, needs.level) for name in names)


def _repositories(token: Token) -> list[Repository]:
    if token.repositories is not None:
        return token.repositories
    return token.installation.repositories if token.installation is not None else []
