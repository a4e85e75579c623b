"""Whether the dashboard is up, and whether it can show pull requests."""

import logging
from http import HTTPStatus
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import JSONResponse

from dashboard.ports import Owners
from dashboard.web.answers import serve
from tickborg.errors import UnavailableError

_log = logging.getLogger(__name__)


class Up(BaseModel):
    """The process answers."""

    status: Literal["up"] = "up"


class Ready(BaseModel):
    """Pull requests and branches can be shown."""

    status: Literal["ready"] = "ready"


class NotReady(BaseModel):
    """They cannot; where Temporal is stays in the log."""

    status: Literal["not ready"] = "not ready"
    reason: Literal["Temporal does not answer"] = "Temporal does not answer"


class HealthRoutes:
    """``/healthz`` and ``/readyz``, for load balancers and orchestrators."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def add_to(self, app: FastAPI) -> None:
        """Serve them in ``app``."""
        serve(
            app,
            "/healthz",
            self.healthz,
            gives="It is up.",
            response_class=JSONResponse,
            response_model=Up,
        )
        serve(
            app,
            "/readyz",
            self.readyz,
            gives="It can show everything.",
            response_class=JSONResponse,
            response_model=Ready,
            responses={503: {"model": NotReady, "description": "Temporal does not answer."}},
        )

    async def healthz(self) -> JSONResponse:
        """200 as long as the process answers."""
        return JSONResponse(Up().model_dump())

    async def readyz(self) -> JSONResponse:
        """200, or 503 while Temporal does not answer."""
        try:
            await self._owners.check()
        except UnavailableError as error:
            _log.warning("not ready: %s", error)
            return JSONResponse(NotReady().model_dump(), HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse(Ready().model_dump())
