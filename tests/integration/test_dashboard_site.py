"""The dashboard of a bot at work: every link that it posts leads to a page, before, during and after."""

import re

from emulator import Person
from emulator.rendering import check_runs_of
from emulator.state import Repository
from tests.support.eventually import eventually
from tests.support.expected import GREETING, page_of, the_comment, until_building
from tests.support.html_tree import Node, parse
from tests.support.monorepo import TWICE, held
from tests.support.page_parts import cells, facts, part, verdict
from tests.support.shown import said_of
from tests.support.site import SYSTEM, Site, owner_of
from tickborg.github import RepositoryName
from tickborg.names import push_id

_LINK = re.compile(r"\]\((http[^)]+)\)")


async def shown(site: Site, url: str) -> Node:
    """A page of the dashboard, which must be there."""
    answer = await site.get(url)
    assert answer.status_code == 200, url
    return parse(answer.text)


def links_posted(site: Site, repository: Repository, sha: str) -> set[str]:
    """Where the bot's statuses and check runs of a commit lead, and ever led."""
    urls = {each.target_url for each in repository.statuses[sha]}
    for run in check_runs_of(repository, sha):
        urls.update(said_of(site.github, run).details_urls)
    return {url for url in urls if url}


async def test_a_pull_request_can_be_watched_and_looked_up_when_it_is_closed(site: Site) -> None:
    """Also when something that happens to it later starts an owner anew, which has nothing to say."""
    pull = site.propose(site.repository(held()), TWICE)
    await until_building(site, pull)
    await site.waiting(2)
    page = await shown(site, page_of(site, pull))
    assert verdict(page) == ("busy", "0 of 2 builds done, no failure so far")
    [system, greeting, _] = cells(page)
    assert system == ["", SYSTEM]
    assert re.fullmatch(r"runningfor .+ · builder-1 · log", greeting[1])
    listed = (await shown(site, site.bot.dashboard_url)).all("li")
    [row] = [row for row in listed if pull.repository.full_name in row.text]
    assert "0 of 2 builds done" in row.text

    site.alice.close(pull)
    await owner_of(site.client, pull).result()
    site.alice.edit(pull, title="Something else")
    await site.github.webhooks.settled()
    await owner_of(site.client, pull).result()

    async def closed() -> list[Node]:  # a run that has ended is listed a moment later
        answer = await site.get(page_of(site, pull))
        return [parse(answer.text)] if answer.status_code == 200 else []

    [page] = await eventually(closed)
    assert facts(page)["State"].startswith("closed")
    assert all(row[1].startswith("cancelled") for row in cells(page)[1:])
    assert part(page, "Notes").one("dd").text == "the pull request was closed"
    assert GREETING in part(page, "Notes").text
    for url in links_posted(site, pull.repository, pull.head_sha) | set(_LINK.findall(the_comment(pull))):
        await shown(site, url)


async def test_a_push_can_be_watched_and_looked_up_when_it_is_built(site: Site) -> None:
    """Also when a button is pressed later, which starts an owner anew that knows of no push."""
    repository, maya = site.repository(held()), Person(site.github, "maya")
    site.github.collaborate(repository, "maya", "write")
    sha = maya.commit(repository, "main", TWICE, "greeting: twice")
    await site.waiting(2)
    name = RepositoryName.parse(repository.full_name)
    url, owner = f"{site.bot.dashboard_url}/{name}/branch/main", push_id(name, "main")

    async def running() -> list[Node]:
        page = await shown(site, url)
        return [page] if [row[1][:7] for row in cells(page)[1:]] == ["running"] * 2 else []

    [page] = await eventually(running)
    assert facts(page) == {"Head": sha[:7], "Pushed by": "maya"}
    assert verdict(page) == ("busy", "0 of 2 builds done, no failure so far")
    [row] = (await shown(site, site.bot.dashboard_url)).one("section").all("a")
    assert row.attributes["href"] == f"/{name}/branch/main"

    await site.release(2)
    await site.client.get_workflow_handle(owner).result()
    [run] = [run for run in check_runs_of(repository, sha) if run.name.startswith("greeting")]
    maya.rerun(run)
    await site.release(1)
    await site.github.webhooks.settled()
    await site.client.get_workflow_handle(owner).result()

    async def built() -> list[Node]:  # a run that has ended is listed a moment later
        page = await shown(site, url)
        return [page] if facts(page).get("Pushed by") and len(cells(page)) == 3 else []

    [page] = await eventually(built)
    assert verdict(page) == ("good", "all 2 builds succeeded")
    assert facts(page) == {"Head": sha[:7], "Pushed by": "maya"}
    links = links_posted(site, repository, sha)
    assert url in links
    for link in links:
        back = (await shown(site, link)).all("a", href=f"/{name}/branch/main")
        assert back or link == url
