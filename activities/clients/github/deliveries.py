"""The client behind :class:`activities.ports.Deliveries`: our App's record of webhooks, asked as the App."""

import logging
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from pydantic import AwareDatetime, BaseModel

from activities.clients.github.json_models import read
from activities.clients.github.repository_calls import PAGE_SIZE
from activities.clients.github.transport import GitHubTransport
from tickborg.deliveries import Attempt
from tickborg.errors import PermanentError

log = logging.getLogger(__name__)

_DELIVERIES = "/app/hook/deliveries{?per_page,cursor}"
_PENDING = "pending"


class AttemptJson(BaseModel):
    """An attempt as GitHub lists it."""

    id: int
    guid: str
    event: str
    action: str | None
    delivered_at: AwareDatetime
    status: str
    status_code: int


class GitHubDeliveries:
    """Attempts at deliveries of one App; every method raises the errors of :mod:`tickborg.errors`.

    https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
    """

    def __init__(self, transport: GitHubTransport) -> None:
        self._transport = transport

    async def attempts(self, since: datetime, most: int, cursor: str = "") -> tuple[Sequence[Attempt], str]:
        """About the newest ``most`` attempts since a moment, newest first, and the cursor of older ones.

        It reads whole pages. An empty cursor: there are no older ones. From a ``cursor`` it goes on; one that
        GitHub does not know any more is of attempts that it has forgotten.
        """
        found: list[Attempt] = []
        place = {"per_page": PAGE_SIZE} | ({"cursor": cursor} if cursor else {})
        while True:
            try:
                items, more = await self._transport.getpage(_DELIVERIES, place)
            except PermanentError as error:
                if "cursor" not in place:
                    raise
                log.warning("older deliveries are not looked at: %s", error)
                return found, ""
            page = [_attempt(read(AttemptJson, item)) for item in items]
            found += [attempt for attempt in page if attempt.delivered_at >= since]
            following = _cursor(more)
            if not following or not page or page[-1].delivered_at < since:
                return found, ""
            if len(found) >= most:
                return found, following
            place = place | {"cursor": following}

    async def repeat(self, attempt_id: int) -> bool:
        """Ask for a delivery once more; False: GitHub does not repeat it, as it has forgotten it, say."""
        path, names = "/app/hook/deliveries/{id}/attempts", {"id": str(attempt_id)}
        try:
            await self._transport.post(path, names, data=b"")
        except PermanentError as error:
            log.warning("a delivery is not repeated: %s", error)
            return False
        return True


def _cursor(more: str | None) -> str:
    return next(iter(parse_qs(urlsplit(more or "").query).get("cursor", [])), "")


def _attempt(listed: AttemptJson) -> Attempt:
    return Attempt(
        id=listed.id,
        guid=listed.guid,
        event=listed.event,
        action=listed.action,
        delivered_at=listed.delivered_at,
        status_code=0 if listed.status.lower() == _PENDING else listed.status_code,
    )
