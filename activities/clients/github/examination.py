"""The App as GitHub has it, for an operator who asks what is wrong: not needed for any work."""

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx2
from pydantic import BaseModel

from activities.clients.github.deliveries import GitHubDeliveries
from activities.clients.github.installations import installations_of
from activities.clients.github.json_models import OwnerJson, read
from activities.clients.github.transport import GitHubTransport
from tickborg.deliveries import KEPT, Lately, lately
from tickborg.diagnosis import InstallationFacts
from tickborg.errors import UnavailableError

_LOOKED_AT = 100
"""Attempts at deliveries: what one call tells."""


class ExaminedApp(BaseModel):
    """https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app."""

    slug: str
    permissions: dict[str, str] = {}
    events: tuple[str, ...] = ()


class Hook(BaseModel):
    """https://docs.github.com/en/rest/apps/webhooks#get-a-webhook-configuration-for-an-app."""

    url: str = ""
    insecure_ssl: str | float = "0"
    """``1``: the certificate is not checked."""

    @property
    def checks_certificates(self) -> bool:
        """Whether GitHub makes sure that it talks to us."""
        return str(self.insecure_ssl) in {"0", "0.0"}


class AppExamination:
    """Asks GitHub about our own App, as the App. Every method raises the errors of :mod:`tickborg.errors`."""

    def __init__(self, transport: GitHubTransport) -> None:
        self._transport = transport

    async def app(self) -> ExaminedApp:
        """What the App is, and what it asks to be allowed."""
        return read(ExaminedApp, await self._transport.getitem("/app"))

    async def hook(self) -> Hook:
        """Where GitHub sends its webhooks."""
        return read(Hook, await self._transport.getitem("/app/hook/config"))

    async def last_deliveries(self, now: datetime) -> Lately:
        """How the last webhooks fared."""
        attempts, _ = await GitHubDeliveries(self._transport).attempts(now - KEPT, _LOOKED_AT)
        return lately(attempts, now)

    async def installations(self) -> list[InstallationFacts]:
        """Every place that it is installed on."""
        return [
            InstallationFacts(_name(each.account), each.permissions, each.suspended_at is not None)
            for each in await installations_of(self._transport)
        ]


async def server_time(client: httpx2.AsyncClient, api_url: str) -> datetime:
    """GitHub's clock, in whole seconds; every answer has it, even a refusal.

    Raises:
        UnavailableError: there was no answer, or one without a date.
    """
    try:
        answer = await client.get(api_url)
        return parsedate_to_datetime(answer.headers["date"])
    except httpx2.RequestError as error:
        raise UnavailableError(f"no answer of {api_url}: {type(error).__name__} {error}".strip()) from error
    except (KeyError, ValueError) as error:
        raise UnavailableError(f"{api_url} answered without a date") from error


def _name(account: OwnerJson | None) -> str:
    return (account.login or account.slug) if account else "an account that is gone"
