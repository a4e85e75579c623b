"""Routes to logs."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from dashboard.logs.event_stream import EventStream
from dashboard.logs.following import BEGINNING, SHOWN_BYTES, SHOWN_LINES, LogFollower, Place, from_file
from dashboard.logs.log_page import LogView, log_page
from dashboard.pages import notices
from dashboard.pages.addresses import Addresses
from dashboard.web.answers import NOT_FOUND, answer, serve
from messaging.blocking import in_thread
from messaging.log_format import LogMetadata
from messaging.log_store import LogReader

_RAW_BYTES = 256 * 1024


class LogRoutes:
    """``/logs/{attempt_id}``, and below it ``raw`` and ``stream``."""

    def __init__(self, logs: LogReader, follower: LogFollower, addresses: Addresses) -> None:
        self._logs = logs
        self._follower = follower
        self._addresses = addresses

    def add_to(self, app: FastAPI) -> None:
        """Serve them in ``app``."""
        serve(
            app,
            "/logs/{attempt_id}",
            self.log,
            gives="The end of the log, and what is known of it.",
            responses=NOT_FOUND,
        )
        serve(
            app,
            "/logs/{attempt_id}/raw",
            self.raw,
            gives="The file, as it is now.",
            response_class=PlainTextResponse,
            responses=NOT_FOUND,
        )
        serve(
            app,
            "/logs/{attempt_id}/stream",
            self.stream,
            gives="Events `lines`, with markup and an id to go on from, until `end`.",
            head=False,
            response_class=EventStream,
            status_code=HTTPStatus.OK,
            responses=NOT_FOUND,
        )

    async def log(self, attempt_id: UUID) -> HTMLResponse:
        """The log as far as it is written, the end of it where it is long."""
        return await in_thread(self._page, attempt_id)

    async def raw(self, attempt_id: UUID) -> Response:
        """The file as it is now. What a build printed is never taken for anything but text."""
        size = await in_thread(self._logs.size, attempt_id)
        if size is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        headers = {"Content-Length": str(size), "Content-Disposition": "inline"}
        return StreamingResponse(
            self._bytes(attempt_id, size), headers=headers, media_type="text/plain; charset=utf-8"
        )

    async def stream(
        self, attempt_id: UUID, after: str = "", last_event_id: Annotated[str, Header()] = ""
    ) -> Response:
        """What is added to the log; a browser that connects again says where it was."""
        if not await in_thread(self._exists, attempt_id):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        place = Place.parse(last_event_id) or Place.parse(after) or BEGINNING
        return EventStream(self._follower.follow(attempt_id, place))

    def _exists(self, attempt_id: UUID) -> bool:
        return self._logs.size(attempt_id) is not None or self._logs.metadata(attempt_id) is not None

    def _page(self, attempt_id: UUID) -> HTMLResponse:
        view = self._view(attempt_id)
        if view is None:
            unknown = notices.unknown_log(attempt_id, self._logs.kept, self._addresses)
            return answer(unknown, self._addresses, HTTPStatus.NOT_FOUND)
        return answer(log_page(view, self._addresses), self._addresses)

    def _view(self, attempt_id: UUID) -> LogView | None:
        # Read before the lines: a log that ends in between is followed to its end, and not cut short.
        metadata = self._logs.metadata(attempt_id)
        start = self._logs.tail(attempt_id, SHOWN_LINES, SHOWN_BYTES)
        growth = from_file(Place(start, 0), self._logs.read(attempt_id, start, 2 * SHOWN_BYTES))
        if metadata is None and not growth.lines:
            return None
        return LogView(
            attempt_id,
            metadata or LogMetadata(attempt_id=attempt_id),
            growth.lines,
            cut=start.text_line > 1,
            place=str(growth.place),
        )

    async def _bytes(self, attempt_id: UUID, size: int) -> AsyncIterator[bytes]:
        """``size`` bytes, though the log may have grown since."""
        offset = 0
        while offset < size:
            data = await in_thread(self._logs.raw, attempt_id, offset, min(_RAW_BYTES, size - offset))
            if not data:
                return
            yield data
            offset += len(data)
