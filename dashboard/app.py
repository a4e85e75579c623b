"""The HTTP service that shows pull requests, branches and logs: a thin shell around pages."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from activities.clock import Clock, utc_now
from dashboard.logs.following import LogFollower
from dashboard.pages.addresses import Addresses
from dashboard.ports import Owners
from dashboard.web.below_path import BelowPath
from dashboard.web.error_answers import ErrorAnswers
from dashboard.web.health_routes import HealthRoutes
from dashboard.web.log_routes import LogRoutes
from dashboard.web.owner_routes import OwnerRoutes
from dashboard.web.security import SecureHeaders
from messaging.live import LiveLogs
from messaging.log_store import LogReader


def create_app(
    *,
    owners: Owners,
    logs: LogReader,
    live: LiveLogs | None = None,
    root_path: str = "",
    now: Clock = utc_now,
) -> FastAPI:
    """The dashboard. It only reads.

    Args:
        owners: what the owners of pull requests and branches know.
        logs: the log store.
        live: logs as builders publish them; None: a page sees its log grow in the store alone.
        root_path: the path of ``dashboard_url``, as ``/ci``, where that is not the root of its host.
        now: what ages are reckoned by.
    """
    root_path = root_path.rstrip("/")
    addresses = Addresses(root_path)
    app = FastAPI(title="tickborg dashboard", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_middleware(BelowPath, root_path=root_path)
    app.add_middleware(SecureHeaders)
    ErrorAnswers(addresses).add_to(app)
    HealthRoutes(owners).add_to(app)
    LogRoutes(logs, LogFollower(logs, live), addresses).add_to(app)
    OwnerRoutes(owners, addresses, now).add_to(app)
    # Last, since an owner on GitHub may be called "static" too, and has pull requests.
    app.mount("/static", StaticFiles(packages=[("dashboard", "static")]))
    return app
