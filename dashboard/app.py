"""The HTTP service that shows pull requests and logs: a thin shell around pages that are pure functions."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from dashboard.logs.following import LogFollower
from dashboard.pages.addresses import Addresses
from dashboard.ports import PullRequests
from dashboard.web.below_path import BelowPath
from dashboard.web.error_answers import ErrorAnswers
from dashboard.web.health_routes import HealthRoutes
from dashboard.web.log_routes import LogRoutes
from dashboard.web.owner_routes import PullRoutes
from dashboard.web.security import SecureHeaders
from messaging.live import LiveLogs
from messaging.log_store import LogReader


def create_app(
    *, pulls: PullRequests, logs: LogReader, live: LiveLogs | None = None, root_path: str = ""
) -> FastAPI:
    """The dashboard. It only reads.

    Args:
        pulls: what the owners of pull requests know.
        logs: the log store.
        live: logs as builders publish them; None: a page sees its log grow in the store alone.
        root_path: the path of ``dashboard_url``, as ``/ci``, where that is not the root of its host.
    """
    root_path = root_path.rstrip("/")
    addresses = Addresses(root_path)
    app = FastAPI(title="tickborg dashboard", openapi_url=None, redirect_slashes=False)
    app.add_middleware(BelowPath, root_path=root_path)
    app.add_middleware(SecureHeaders)
    ErrorAnswers(addresses).add_to(app)
    HealthRoutes(pulls).add_to(app)
    LogRoutes(logs, LogFollower(logs, live), addresses).add_to(app)
    PullRoutes(pulls, addresses).add_to(app)
    # Last, since an owner on GitHub may be called "static" too, and has pull requests.
    app.mount("/static", StaticFiles(packages=[("dashboard", "static")]))
    return app
