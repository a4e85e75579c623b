"""The REST routes, a module for each noun; all of them in `ENDPOINTS`."""

from emulator.requests import Endpoint
from emulator.routes import apps, checks, deliveries, issues, pulls, repositories, statuses

# The more telling paths come first: `…/commits/{ref}` would match those below it.
ENDPOINTS: list[Endpoint] = [
    *apps.ENDPOINTS,
    *deliveries.ENDPOINTS,
    *pulls.ENDPOINTS,
    *issues.ENDPOINTS,
    *statuses.ENDPOINTS,
    *checks.ENDPOINTS,
    *repositories.ENDPOINTS,
]
