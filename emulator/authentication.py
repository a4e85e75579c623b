"""Who calls: an App by its JWT, an installation or a person by a token, or nobody."""

import base64
from binascii import Error as BadBase64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from emulator.errors import SUSPENDED, Forbidden, NotFound, Unauthorized
from emulator.github import EmulatedGitHub
from emulator.state import App, Token

LONGEST_JWT = 600  # seconds
_UNDECODABLE = "A JSON web token could not be decoded"


@dataclass(frozen=True)
class Caller:
    """Whoever makes a call: an App, the holder of a token, or (neither) the public."""

    app: App | None = None
    token: Token | None = None

    @property
    def login(self) -> str | None:
        """The name the call is made under."""
        if self.app is not None:
            return self.app.slug
        return self.token.user.login if self.token is not None else None


def authenticate(github: EmulatedGitHub, authorization: str | None) -> Caller:
    """Who an `Authorization` header speaks for: `Bearer`, `token` or `Basic` (with the token as password).

    Raises Unauthorized for a credential that is unknown, malformed or expired.
    """
    if authorization is None:
        return Caller()
    scheme, _, credential = authorization.partition(" ")
    value = _password(credential) if scheme.casefold() == "basic" else credential.strip()
    if value.count(".") == 2:  # noqa: PLR2004 - header, claims and signature of a JWT
        return Caller(app=_app_of(github, value))
    return Caller(token=_token_of(github, value))


def _token_of(github: EmulatedGitHub, value: str) -> Token:
    token = github.tokens.get(value)
    if token is None or _is_over(token, github.moment()):
        raise Unauthorized("Bad credentials")
    if token.installation is not None and token.installation.suspended_at is not None:
        raise Forbidden(SUSPENDED)
    return token


def _is_over(token: Token, now: datetime) -> bool:
    return token.expires_at is not None and token.expires_at <= now


def _app_of(github: EmulatedGitHub, encoded: str) -> App:
    """The App that signed `encoded`, with GitHub's complaint about each claim that is not acceptable.

    (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app, "JSON web token")
    """
    app = _issuer(github, _decode(encoded, None))
    claims = _decode(encoded, app.public_key)
    now = github.moment().timestamp()
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(issued, int | float) or issued > now:
        message = (
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )
        raise Unauthorized(message)
    if not isinstance(expires, int | float) or expires <= now:
        raise Unauthorized(
            "'Expiration time' claim ('exp') must be a numeric value representing"
            " the future time at which the assertion expires"
        )
    if expires > now + LONGEST_JWT:
        raise Unauthorized("'Expiration time' claim ('exp') is too far in the future")
    return app


def _issuer(github: EmulatedGitHub, claims: dict[str, Any]) -> App:
    issuer = claims.get("iss")
    if issuer is None:
        raise Unauthorized("'Issuer' claim ('iss') must be an Integer")
    for app in github.apps.values():
        if str(issuer) in {str(app.id), app.client_id}:
            return app
    raise NotFound("Integration not found")


def _decode(encoded: str, public_key: str | None) -> dict[str, Any]:
    """The claims, checked against a key if one is given; their times are judged by the emulator's clock."""
    options: Options = {
        "verify_signature": public_key is not None,
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "verify_iss": False,
        "verify_sub": False,
    }
    try:
        claims: dict[str, Any] = jwt.decode(encoded, public_key or "", algorithms=["RS256"], options=options)
    except jwt.InvalidTokenError:
        raise Unauthorized(_UNDECODABLE) from None
    return claims


def _password(credential: str) -> str:
    try:
        _, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (BadBase64, UnicodeDecodeError):
        raise Unauthorized("Bad credentials") from None
    return password
