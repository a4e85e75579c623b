"""Apps: who they are, where they are installed, and their tokens."""

from typing import Any

from emulator.access import ANYBODY, AS_APP
from emulator.answers import Answer
from emulator.errors import SUSPENDED, Forbidden, NotFound, Unprocessable
from emulator.payloads import apps as payloads
from emulator.payloads.repositories import repository as repository_payload
from emulator.payloads.scalars import stamp
from emulator.payloads.users import public_user
from emulator.requests import Endpoint, Request
from emulator.state import Installation, Repository

_LEVELS = ("read", "write", "admin")


def get_app(request: Request) -> Answer:
    """The App itself."""
    app = request.app
    installed = sum(each.app is app for each in request.github.installations.values())
    return Answer(200, payloads.app(app, request.root) | {"installations_count": installed})


def get_hook_config(request: Request) -> Answer:
    """Where the App's webhooks go; the secret is never shown."""
    app = request.app
    return Answer(
        200,
        {
            "content_type": app.webhook_content_type,
            "insecure_ssl": "0",
            "secret": "********",
            "url": app.webhook_url or "",
        },
    )


def list_installations(request: Request) -> Answer:
    """Where the App is installed."""
    mine = [each for each in request.github.installations.values() if each.app is request.app]
    return request.listed(mine, lambda each: payloads.installation(each, request.root))


def get_installation(request: Request) -> Answer:
    """One installation."""
    return Answer(200, payloads.installation(_installation(request), request.root))


def get_repository_installation(request: Request) -> Answer:
    """The App's installation on a repository."""
    for each in request.github.installations.values():
        if each.app is request.app and request.repository in each.repositories:
            return Answer(200, payloads.installation(each, request.root))
    raise NotFound


def create_token(request: Request) -> Answer:
    """An installation token, for fewer permissions and repositories if asked."""
    installation = _installation(request)
    if installation.suspended_at is not None:
        raise Forbidden(SUSPENDED)
    fields: dict[str, Any] = request.body or {}
    permissions = _permissions(installation, fields.get("permissions"))
    repositories = _repositories(installation, fields)
    token = request.github.issue_token(installation, permissions, repositories)
    return Answer(201, payloads.token(token, request.root))


def list_installed_repositories(request: Request) -> Answer:
    """The repositories an installation token reaches."""
    token = request.caller.token
    if token is None or token.installation is None:
        raise NotFound
    reached = token.installation.repositories if token.repositories is None else token.repositories
    answer = request.counted("repositories", reached, lambda each: repository_payload(each, request.root))
    return Answer(200, answer.body | {"repository_selection": "selected"}, answer.headers)


def get_user(request: Request) -> Answer:
    """An account."""
    account = request.github.users.get(request.path["username"].casefold())
    if account is None:
        raise NotFound
    return Answer(200, public_user(account, request.root, stamp(request.github.now())))


def _installation(request: Request) -> Installation:
    found = request.github.installations.get(request.number("installation_id"))
    if found is None or found.app is not request.app:
        raise NotFound
    return found


def _permissions(installation: Installation, asked: dict[str, str] | None) -> dict[str, str]:
    if asked is None:
        return dict(installation.permissions)
    for name, level in asked.items():
        has = installation.permissions.get(name)
        if has is None or _LEVELS.index(level) > _LEVELS.index(has):
            raise Unprocessable("The permissions requested are not granted to this installation.")
    return {"metadata": "read"} | asked


def _repositories(installation: Installation, fields: dict[str, Any]) -> list[Repository] | None:
    names, ids = fields.get("repositories"), fields.get("repository_ids")
    if names is None and ids is None:
        return None
    chosen = [
        each for each in installation.repositories if each.name in (names or ()) or each.id in (ids or ())
    ]
    if len(chosen) < len(names or ()) + len(ids or ()):
        raise Unprocessable(
            "There is at least one repository that does not exist"
            " or is not accessible to the parent installation."
        )
    return chosen


ENDPOINTS = [
    Endpoint("GET /app", AS_APP, get_app),
    Endpoint("GET /app/hook/config", AS_APP, get_hook_config),
    Endpoint("GET /app/installations", AS_APP, list_installations),
    Endpoint("GET /app/installations/{installation_id}", AS_APP, get_installation),
    Endpoint("POST /app/installations/{installation_id}/access_tokens", AS_APP, create_token),
    Endpoint("GET /repos/{owner}/{repo}/installation", AS_APP, get_repository_installation),
    Endpoint("GET /installation/repositories", ANYBODY, list_installed_repositories),
    Endpoint("GET /users/{username}", ANYBODY, get_user),
]
