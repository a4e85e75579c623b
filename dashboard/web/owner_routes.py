"""Routes to pull requests and branches."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Path
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from activities.clock import Clock
from dashboard.pages import notices
from dashboard.pages.addresses import Addresses
from dashboard.pages.branch_page import branch_page
from dashboard.pages.front_page import front_page
from dashboard.pages.pull_page import pull_page
from dashboard.ports import Owners
from dashboard.web.answers import NOT_FOUND, UNAVAILABLE, answer, serve
from tickborg.branch_names import is_branch_name
from tickborg.github import RepositoryName

LISTED = 50
"""Pull requests, and as many branches."""

_LARGEST_NUMBER = 2**31 - 1


def _repository(owner: str, name: str) -> RepositoryName:
    try:
        return RepositoryName.parse(f"{owner}/{name}")
    except ValueError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error


def _branch_name(branch: str) -> str:
    if not is_branch_name(branch):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return branch


Repository = Annotated[RepositoryName, Depends(_repository)]
Number = Annotated[int, Path(ge=1, le=_LARGEST_NUMBER)]
Branch = Annotated[str, Depends(_branch_name)]


class OwnerRoutes:
    """``/``, ``/{owner}/{name}/pull/{number}`` and ``/{owner}/{name}/branch/{branch}``."""

    def __init__(self, owners: Owners, addresses: Addresses, now: Clock) -> None:
        self._owners = owners
        self._addresses = addresses
        self._now = now

    def add_to(self, app: FastAPI) -> None:
        """Serve them in ``app``."""
        below, known = "/{owner}/{name}", "What is known of it."
        others = {**NOT_FOUND, **UNAVAILABLE}
        serve(app, "/", self.front, gives="All that is going on.", responses=UNAVAILABLE)
        serve(app, f"{below}/pull/{{number}}", self.pull, gives=known, responses=others)
        serve(app, f"{below}/branch/{{branch:path}}", self.branch, gives=known, responses=others)

    async def front(self) -> HTMLResponse:
        """The open pull requests, and the branches that something is done about."""
        going_on = await self._owners.going_on(LISTED)
        return answer(front_page(going_on, self._addresses), self._addresses)

    async def pull(self, repo: Repository, number: Number) -> HTMLResponse:
        """What was built of a pull request, and what was not and why."""
        view = await self._owners.pull(repo, number)
        if view is None:
            unknown = notices.unknown_pull(repo, number, self._addresses)
            return answer(unknown, self._addresses, HTTPStatus.NOT_FOUND)
        return answer(pull_page(view, self._now(), self._addresses), self._addresses)

    async def branch(self, repo: Repository, branch: Branch) -> HTMLResponse:
        """What was built of the newest push to a branch; slashes in its name stay slashes."""
        view = await self._owners.branch(repo, branch)
        if view is None:
            unknown = notices.unknown_branch(repo, branch, self._addresses)
            return answer(unknown, self._addresses, HTTPStatus.NOT_FOUND)
        return answer(branch_page(view, self._now(), self._addresses), self._addresses)
