"""Accounts."""

from typing import Any

from emulator.payloads.scalars import node_id
from emulator.state import User

_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def user(account: User, root: str) -> dict[str, Any]:
    """A `simple-user`."""
    url = f"{root}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("BOT" if account.type == "Bot" else "U", account.id),
        "avatar_url": f"{root}/avatars/u/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{root}/{account.login}",
        **{name: url + suffix for name, suffix in _LINKS.items()},
        "type": account.type,
        "site_admin": False,
        "user_view_type": "public",
    }


def organization(account: User, root: str) -> dict[str, Any]:
    """An `organization-simple`, as webhooks carry it."""
    url = f"{root}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("O", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{root}/avatars/u/{account.id}",
        "description": None,
    }


def public_user(account: User, root: str, created_at: str) -> dict[str, Any]:
    """A `public-user`, which `GET /users/{username}` answers."""
    return {
        **user(account, root),
        "name": account.login,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": created_at,
        "updated_at": created_at,
    }
