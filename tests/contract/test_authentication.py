"""Credentials: what the emulated GitHub accepts, and how it refuses the rest."""

from datetime import timedelta
from typing import Any

import pytest

from emulator import EmulatedGitHub
from emulator.state import App, Installation, Repository
from tests.contract.conftest import Api, encode_jwt

REPO = "/repos/project-tick/mono"
FUTURE = (
    "'Expiration time' claim ('exp') must be a numeric value representing"
    " the future time at which the assertion expires"
)
ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
UNDECODABLE = "A JSON web token could not be decoded"


async def bearer(api: Api, credential: str, path: str = "/app") -> tuple[int, str]:
    """Status and message of a call with a credential."""
    answer = await api.http.get(path, headers={"authorization": f"Bearer {credential}"})
    return answer.status_code, answer.json().get("message", "")


@pytest.mark.parametrize("issuer", ["id", "client_id"])
async def test_an_app_proves_itself(api: Api, app: App, issuer: str) -> None:
    """A JWT may name the App by its id or by its client id."""
    assert await bearer(api, encode_jwt(app, iss=str(getattr(app, issuer)))) == (200, "")


@pytest.mark.parametrize(
    ("claims", "refusal"),
    [
        ({"expires": -1}, (401, FUTURE)),
        ({"expires": 660}, (401, "'Expiration time' claim ('exp') is too far in the future")),
        ({"issued": 60}, (401, ISSUED)),
        ({"iss": None}, (401, "'Issuer' claim ('iss') must be an Integer")),
        ({"iss": "12"}, (404, "Integration not found")),
    ],
)
async def test_a_jwt_is_judged_claim_by_claim(
    api: Api, app: App, claims: dict[str, Any], refusal: tuple[int, str]
) -> None:
    """Each claim that is not acceptable is refused in GitHub's words."""
    assert await bearer(api, encode_jwt(app, **claims)) == refusal


async def test_a_jwt_signed_by_another_key_is_none(api: Api, app: App, github: EmulatedGitHub) -> None:
    """The App's own key must have signed."""
    stranger = github.create_app("stranger")
    forged = encode_jwt(app, key=stranger.private_key)
    assert await bearer(api, forged) == (401, UNDECODABLE)
    assert await bearer(api, "a.b.c") == (401, UNDECODABLE)


async def test_each_credential_has_its_routes(api: Api) -> None:
    """An App's JWT opens no repository, and a token does not speak for the App."""
    assert await bearer(api, api.encoded_jwt, REPO) == (401, "Bad credentials")
    assert await bearer(api, api.token) == (401, UNDECODABLE)


async def test_a_token_ends(api: Api, github: EmulatedGitHub, installation: Installation) -> None:
    """A token that is over, revoked or made up is a bad credential."""
    github.token_lifetime = timedelta(0)
    over = github.issue_token(installation, {"metadata": "read"})
    assert await bearer(api, over.value, REPO) == (401, "Bad credentials")
    assert await bearer(api, "ghs_made_up", REPO) == (401, "Bad credentials")
    assert await bearer(api, api.token, REPO) == (200, "")
    github.revoke_tokens()
    assert await bearer(api, api.token, REPO) == (401, "Bad credentials")


async def test_an_issued_token_lasts_an_hour_and_does_what_was_asked(
    api: Api, installation: Installation, pull: object
) -> None:
    """A token made for reading contents cannot write."""
    path = f"/app/installations/{installation.id}/access_tokens"
    answer = await api.as_app("POST", path, {"permissions": {"contents": "read"}, "repositories": ["mono"]})
    assert answer.status_code == 201
    made = answer.json()
    assert made["permissions"] == {"metadata": "read", "contents": "read"}
    assert [each["name"] for each in made["repositories"]] == ["mono"]
    assert await bearer(api, made["token"], f"{REPO}/branches/main") == (200, "")
    assert await bearer(api, made["token"], f"{REPO}/pulls/1") == (
        403,
        "Resource not accessible by integration",
    )


@pytest.mark.parametrize("body", [{"permissions": {"contents": "write"}}, {"repositories": ["other"]}])
async def test_a_token_is_no_more_than_the_installation(
    api: Api, installation: Installation, body: dict[str, Any]
) -> None:
    """More than the installation has is refused."""
    path = f"/app/installations/{installation.id}/access_tokens"
    assert (await api.as_app("POST", path, body)).status_code == 422


@pytest.mark.parametrize(
    ("visibility", "method", "path", "status"),
    [
        ("private", "GET", REPO, 404),
        ("public", "GET", REPO, 200),
        ("private", "POST", f"{REPO}/issues/1/comments", 404),
        ("public", "POST", f"{REPO}/issues/1/comments", 401),
    ],
)
async def test_the_public_reads_what_is_public(
    api: Api,
    repository: Repository,
    visibility: str,
    method: str,
    path: str,
    status: int,
) -> None:
    """Without a credential private repositories do not exist, and nothing is written."""
    repository.private = visibility == "private"
    assert (await api.http.request(method, path, json={"body": "?"})).status_code == status


@pytest.mark.parametrize(("login", "status"), [("maya", 201), ("alice", 403), ("mallory", 404)])
async def test_a_person_calls_as_they_may(
    api: Api, github: EmulatedGitHub, pull: object, login: str, status: int
) -> None:
    """A personal token does what the person's role allows."""
    headers = {"authorization": f"token {github.person_token(login)}"}
    body = {"name": "scope: ci"}
    assert (await api.http.post(f"{REPO}/labels", json=body, headers=headers)).status_code == status


async def test_an_app_sees_only_where_it_is_installed(
    api: Api, github: EmulatedGitHub, repository: Repository
) -> None:
    """Another App, installed nowhere, finds no installation here."""
    elsewhere = github.create_app("elsewhere", private_key=None)
    answer = await api.http.get(
        f"{REPO}/installation", headers={"authorization": f"Bearer {encode_jwt(elsewhere)}"}
    )
    assert answer.status_code == 404
