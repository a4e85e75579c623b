"""The dashboard of a bot at work: every link that it posts leads to a page, before, during and after."""

import re

from emulator.state import PullRequest
from tests.support.eventually import eventually
from tests.support.expected import GREETING, page_of, the_comment, until_building
from tests.support.html_tree import Node, parse
from tests.support.monorepo import TWICE, held
from tests.support.page_parts import cells, facts, part, verdict
from tests.support.shown import all_check_runs
from tests.support.site import SYSTEM, Site, owner_of

_LINK = re.compile(r"\]\((http[^)]+)\)")


async def shown(site: Site, url: str) -> Node:
    """A page of the dashboard, which must be there."""
    answer = await site.get(url)
    assert answer.status_code == 200, url
    return parse(answer.text)


def links_posted(pull: PullRequest) -> set[str]:
    """Where the bot's statuses, check runs and comment lead."""
    statuses = pull.repository.statuses[pull.head_sha]
    urls = {each.target_url for each in statuses} | {run.details_url for run in all_check_runs(pull)}
    return {url for url in urls if url} | set(_LINK.findall(the_comment(pull)))


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
    for url in links_posted(pull):
        await shown(site, url)
