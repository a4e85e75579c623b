"""Whether the dashboard is up, and whether it can show pull requests."""

import logging
from http import HTTPStatus

from fastapi import FastAPI
from starlette.responses import JSONResponse

from dashboard.ports import PullRequests
from dashboard.web.answers import READ
from tickborg.errors import UnavailableError

_log = logging.getLogger(__name__)


class HealthRoutes:
    """``/healthz`` and ``/readyz``, for load balancers and orchestrators."""

    def __init__(self, pulls: PullRequests) -> None:
        self._pulls = pulls

    def add_to(self, app: FastAPI) -> None:
        """Serve them in ``app``."""
        app.add_api_route("/healthz", self.healthz, methods=READ)
        app.add_api_route("/readyz", self.readyz, methods=READ)

    async def healthz(self) -> JSONResponse:
        """200 as long as the process answers."""
        return JSONResponse({"status": "up"})

    async def readyz(self) -> JSONResponse:
        """200, or 503 while Temporal does not answer; where that is stays in the log."""
        try:
            await self._pulls.check()
        except UnavailableError as error:
            _log.warning("not ready: %s", error)
            return JSONResponse(
                {"status": "not ready", "reason": "Temporal does not answer"}, HTTPStatus.SERVICE_UNAVAILABLE
            )
        return JSONResponse({"status": "ready"})
