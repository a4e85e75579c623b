"""HTTP to GitHub: gidgethub's protocol over httpx2, with time limits, redirects and tickborg's errors."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import gidgethub.apps
import gidgethub.httpx
import httpx2
import jwt
from gidgethub.sansio import DOMAIN, accept_format

from activities.clients.github.errors import Answer, refusal
from activities.clients.github.recent_answers import RecentAnswers, validators
from activities.clients.github.spending import Spending
from activities.clock import Clock, utc_now
from tickborg.errors import (
    PermanentError,
    RateLimitedError,
    RefusedError,
    TickborgError,
    UnavailableError,
)

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 40.0
"""For one call with its redirects, from the first byte sent to the last received.

GitHub itself gives up after ten seconds
(https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts); a proxy may
hold an answer longer. Whoever gives up before the other side has cannot know what is done later, and the
next try would do it twice.
"""

API_VERSION = "2026-03-10"
"""That of the schema the contract tests read (https://docs.github.com/en/rest/about-the-rest-api/api-versions)."""

REDIRECT_LIMIT = 5
_REDIRECTS = frozenset({301, 302, 307, 308})
_FIRST_STATUS_BEYOND_SUCCESS = 300


def new_http_client() -> httpx2.AsyncClient:
    """An HTTP client with our time limits, to be closed by whoever opens it.

    It goes through the proxy that the environment names, except to this machine, where emulated GitHubs are.
    """
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        mounts={"all://127.0.0.1": None, "all://localhost": None},
    )


@dataclass(frozen=True)
class AppCredentials:
    """Who a GitHub App is, and how it proves it."""

    app_id: int
    private_key: str = field(repr=False)
    """The RSA key in PEM."""


class GitHubTransport(gidgethub.httpx.GitHubAPI):
    """One App's calls to GitHub: as the App itself (a JWT), or with the ``oauth_token`` given to a call.

    Every method raises the errors of :mod:`tickborg.errors` and none of gidgethub's or httpx2's.

    Args:
        client: whose time limits and proxies are used; see :func:`new_http_client`.
        requester: what the User-Agent says, ``tickborg/VERSION``.
        credentials: the App that calls.
        base_url: where the REST API is.
        now: from when on rate limits are counted.

    Raises:
        RefusedError: the private key cannot sign.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        requester: str,
        credentials: AppCredentials,
        *,
        base_url: str = DOMAIN,
        now: Clock = utc_now,
    ) -> None:
        _check(credentials)
        issuer, key = str(credentials.app_id), credentials.private_key
        super().__init__(
            client, requester, app_id=issuer, private_key=key, base_url=base_url, cache=RecentAnswers()
        )
        self.credentials = credentials
        self.spending = Spending(now)
        self._now = now

    async def getpage(self, url: str, url_vars: Mapping[str, str]) -> tuple[Any, str | None]:
        """The JSON of one page, and the URL of the next; None: it is the last."""
        data, more, _ = await self._make_request("GET", url, url_vars, b"", accept_format())
        return data, more

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        call = f"{method} {urlsplit(url).path}"
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._follow(method, url, headers, body)
        except TimeoutError:
            raise UnavailableError(f"{call}: GitHub did not answer within {TOTAL_SECONDS:.0f} s") from None
        except httpx2.RequestError as error:
            raise UnavailableError(
                f"{call}: no answer of GitHub: {type(error).__name__} {error}".strip()
            ) from error
        token = headers.get("authorization", "").rpartition(" ")[-1]
        unchanged = answer.status == HTTPStatus.NOT_MODIFIED and "if-none-match" in headers
        if answer.status >= _FIRST_STATUS_BEYOND_SUCCESS and not unchanged:
            raise self._refused(answer, token)
        self.spending.learn(token, answer.headers)
        _check_json(answer, call)
        return answer.status, validators(answer.headers, len(answer.body)), answer.body

    def _refused(self, answer: Answer, token: str) -> TickborgError:
        error = refusal(answer, self._now(), self.spending.patience(token))
        if isinstance(error, RateLimitedError):
            self.spending.refused(token, error.retry_at, answer.headers)
        return error

    async def _follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a call to where it belongs now: GitHub redirects what names a renamed repository.

        The method and the body stay, which HTTP clients do not keep on a 301
        (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects).
        """
        for _ in range(1 + REDIRECT_LIMIT):
            answer = await self._send(method, url, headers, body)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            url = _redirected(answer, location)
        raise PermanentError(f"{method} {answer.path}: GitHub redirected more than {REDIRECT_LIMIT} times")

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        response = await self._client.request(
            method,
            url,
            headers={**headers, "x-github-api-version": API_VERSION},
            content=body,
            follow_redirects=False,
        )
        return Answer(method, url, response.status_code, response.headers, response.content)


def _redirected(answer: Answer, location: str) -> str:
    """Where to go on. A token is for the server it was meant for, so never to another."""
    target = urljoin(answer.url, location)
    if urlsplit(target)[:2] != urlsplit(answer.url)[:2]:
        raise PermanentError(
            f"{answer.method} {answer.path}: GitHub redirected to another server, {urlsplit(target).netloc}; "
            "check the base URL in the settings"
        )
    return target


def _check_json(answer: Answer, call: str) -> None:
    """A success that is no JSON comes from something in between, or was cut off on its way."""
    try:
        json.loads(answer.body or b"null")
    except ValueError:
        raise UnavailableError(f"{call}: the answer ({answer.status}) is no JSON, so not GitHub's") from None


def _check(credentials: AppCredentials) -> None:
    """At the start, and not at the first pull request."""
    try:
        gidgethub.apps.get_jwt(app_id=str(credentials.app_id), private_key=credentials.private_key)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise RefusedError(
            f"the private key of GitHub App {credentials.app_id} cannot sign: expected the RSA key in PEM "
            "that GitHub let you download (-----BEGIN RSA PRIVATE KEY-----)"
        ) from None
