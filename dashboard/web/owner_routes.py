"""Routes to pull requests and branches."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Path
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from dashboard.pages import notices
from dashboard.pages.addresses import Addresses
from dashboard.pages.front_page import pulls_page
from dashboard.pages.pull_page import pull_page
from dashboard.ports import PullRequests
from dashboard.web.answers import READ, answer
from tickborg.github import RepositoryName

LISTED_PULLS = 50

_LARGEST_NUMBER = 2**31 - 1


def _repository(owner: str, name: str) -> RepositoryName:
    try:
        return RepositoryName.parse(f"{owner}/{name}")
    except ValueError as error:
        raise HTTPException(HTTPStatus.NOT_FOUND) from error


Repository = Annotated[RepositoryName, Depends(_repository)]
Number = Annotated[int, Path(ge=1, le=_LARGEST_NUMBER)]


class PullRoutes:
    """``/``, ``/{owner}/{name}/pull/{number}`` and ``/{owner}/{name}/branch/{branch}``."""

    def __init__(self, pulls: PullRequests, addresses: Addresses) -> None:
        self._pulls = pulls
        self._addresses = addresses

    def add_to(self, app: FastAPI) -> None:
        """Serve them in ``app``."""
        app.add_api_route("/", self.listed, methods=READ)
        app.add_api_route("/{owner}/{name}/pull/{number}", self.pull, methods=READ)
        app.add_api_route("/{owner}/{name}/branch/{branch:path}", self.branch, methods=READ)

    async def listed(self) -> HTMLResponse:
        """The open pull requests."""
        pulls = await self._pulls.open(LISTED_PULLS)
        return answer(pulls_page(pulls, self._addresses), self._addresses)

    async def pull(self, repo: Repository, number: Number) -> HTMLResponse:
        """One pull request."""
        view = await self._pulls.view(repo, number)
        if view is None:
            unknown = notices.unknown_pull(repo, number, self._addresses)
            return answer(unknown, self._addresses, HTTPStatus.NOT_FOUND)
        return answer(pull_page(view, self._addresses), self._addresses)

    async def branch(self, repo: Repository, branch: str) -> HTMLResponse:
        """A branch, of which nothing is known yet."""
        unknown = notices.unknown_branch(repo, branch, self._addresses)
        return answer(unknown, self._addresses, HTTPStatus.NOT_FOUND)
