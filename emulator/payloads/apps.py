"""Apps, their installations and tokens."""

from typing import Any

from emulator.payloads.repositories import repository
from emulator.payloads.scalars import node_id, stamp
from emulator.payloads.users import user
from emulator.state import App, Installation, Token


def app(shown: App, root: str) -> dict[str, Any]:
    """An `integration`."""
    return {
        "id": shown.id,
        "slug": shown.slug,
        "client_id": shown.client_id,
        "node_id": node_id("A", shown.id),
        "owner": user(shown.owner, root),
        "name": shown.slug,
        "description": None,
        "external_url": root,
        "html_url": f"{root}/apps/{shown.slug}",
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.created_at),
        "permissions": shown.permissions,
        "events": shown.events,
    }


def installation(shown: Installation, root: str) -> dict[str, Any]:
    """An `installation`."""
    return {
        "id": shown.id,
        "account": user(shown.account, root),
        "repository_selection": "selected",
        "access_tokens_url": f"{root}/app/installations/{shown.id}/access_tokens",
        "repositories_url": f"{root}/installation/repositories",
        "html_url": f"{root}/settings/installations/{shown.id}",
        "app_id": shown.app.id,
        "client_id": shown.app.client_id,
        "app_slug": shown.app.slug,
        "target_id": shown.account.id,
        "target_type": shown.account.type,
        "permissions": shown.permissions,
        "events": shown.app.events,
        "created_at": stamp(shown.created_at),
        "updated_at": stamp(shown.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": stamp(shown.suspended_at) if shown.suspended_at else None,
    }


def simple_installation(shown: Installation) -> dict[str, Any]:
    """An installation as webhooks name it."""
    return {"id": shown.id, "node_id": node_id("IN", shown.id)}


def token(shown: Token, root: str) -> dict[str, Any]:
    """An `installation-token`."""
    listed = (
        {}
        if shown.repositories is None
        else {"repositories": [repository(r, root) for r in shown.repositories]}
    )
    return {
        "token": shown.value,
        "expires_at": stamp(shown.expires_at) if shown.expires_at else None,
        "permissions": shown.permissions,
        "repository_selection": "selected",
        **listed,
    }
