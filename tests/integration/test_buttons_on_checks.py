"""Every button of a check, and every refusal of one, from GitHub's webhook to what GitHub then shows."""

from datetime import timedelta
from pathlib import Path

import pytest

from cli import workers
from cli.embedded_temporal import EmbeddedTemporal
from emulator import Person
from emulator.payloads.checks import suite_conclusion, suite_status
from emulator.state import CheckRun, Repository
from tests.support.broker import RabbitMQNode
from tests.support.conversation import (
    PUSHED,
    answer_to,
    newest_of_main,
    runs_of_main,
    says,
    titles,
    until_newest,
    until_pushed,
)
from tests.support.expected import GREETING, SPEECH
from tests.support.monorepo import MONOREPO, TWICE, held
from tests.support.site import SYSTEM, Site, running_site
from tickborg.names import rerun_id
from tickborg.policy import Policy
from tickborg.systems import System

OTHER, NOBODYS = System.AARCH64_DARWIN, System.X86_64_FREEBSD
BUTTONS = {"rerequested", "requested_action"}


@pytest.fixture(autouse=True)
def _cancels_are_heard_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancel comes with the answer to a heartbeat, for which tests do not wait five seconds."""
    monkeypatch.setattr(workers, "HEARTBEAT_THROTTLE", timedelta(seconds=0.1))


async def heard(site: Site) -> None:
    """Wait until the owner of all that was pressed has been told of it, or it is answered."""
    await site.github.webhooks.settled()
    for told in site.app.deliveries:
        if told.action in BUTTONS and told.status_code == 202:
            await site.client.get_workflow_handle(rerun_id(told.guid)).result()


async def until_told(site: Site, run: CheckRun, text: str) -> None:
    """Wait until a check run that has ended says ``text``, and GitHub waits for nothing more of its suite."""
    before = run.conclusion
    await site.github.until(lambda: text in (run.output.summary or ""), within=60)
    assert (run.status, run.conclusion) == ("completed", before)
    assert (suite_status(run.suite), suite_conclusion(run.suite) is None) == ("completed", False)


async def until_building(site: Site, repository: Repository) -> CheckRun:
    """Wait until the newest commit of ``main`` is built, and return the check run that says so."""

    def building() -> CheckRun | None:
        return next((run for run in runs_of_main(repository) if run.status == "in_progress"), None)

    return await site.github.until(building, within=60)


async def test_buttons_are_obeyed(site: Site) -> None:
    """Of a fork's pull request, whose events name none, also when it is closed; a stranger is answered."""
    bob, eve, maya = (Person(site.github, name) for name in ("bob", "eve", "maya"))
    repository = site.repository(MONOREPO)
    site.github.collaborate(repository, "maya", "write")
    fork = bob.fork(repository, site.folders.root / "github" / "fork.git")
    bob.commit(fork, "twice", TWICE, "greeting: twice")
    pull = bob.open_pull_request(repository, head="twice", title="greeting: twice", source=fork)
    await site.settled(pull)

    first = await until_newest(site, pull, GREETING, "built in")
    bob.rerun(first)
    await site.github.until(lambda: len(titles(pull, GREETING)) == 2, within=60)
    again = await until_newest(site, pull, GREETING, "built in")
    maya.click(again, "test")
    tested = await until_newest(site, pull, GREETING, "`make check` failed")
    eve.rerun_all(tested.suite)
    await site.github.until(lambda: says(pull, "@eve may not"), within=60)
    await site.github.until(lambda: suite_status(tested.suite) == "completed", within=60)
    maya.rerun_all(tested.suite)
    await site.github.until(lambda: len(titles(pull, SPEECH)) == 2, within=60)
    await site.settled(pull)
    bob.close(pull)
    bob.rerun(tested)
    await until_told(site, tested, f"#{pull.number} is closed, so nothing is built. Reopen it first")


async def test_buttons_of_a_push_are_obeyed(site: Site) -> None:
    """One check or all of them again, and its tests; a stranger is answered on the check run."""
    eve, maya = Person(site.github, "eve"), Person(site.github, "maya")
    repository = site.repository(MONOREPO)
    site.github.collaborate(repository, "maya", "write")
    maya.commit(repository, "main", TWICE, "greeting: twice")
    await until_pushed(site, repository)
    [run] = [run for run in runs_of_main(repository) if run.name == PUSHED]
    eve.rerun(run)
    await until_told(site, run, "@eve may not have builds of `main` run or cancelled")
    assert newest_of_main(repository) is run
    maya.rerun(run)
    await site.github.until(lambda: newest_of_main(repository) not in {None, run}, within=60)
    await until_pushed(site, repository)
    again = newest_of_main(repository)
    maya.rerun_all(run.suite)
    await site.github.until(lambda: newest_of_main(repository) not in {None, run, again}, within=60)
    await until_pushed(site, repository)
    newest = newest_of_main(repository)
    assert newest is not None
    maya.click(newest, "test")
    await site.github.until(lambda: newest_of_main(repository) is not newest, within=60)
    await until_pushed(site, repository)
    tested = newest_of_main(repository)
    assert tested is not None
    assert (tested.output.title or "").startswith("`make check` failed")


async def test_who_may_not_is_told_so_and_nothing_is_done(
    tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """A stranger cancels nothing, by a command or a button, and builds nowhere but where everybody may."""
    policy = Policy(systems=(SYSTEM, OTHER), primary_systems=(SYSTEM,))
    async with running_site(tmp_path, temporal.address, rabbitmq.url, policy) as site:
        eve, maya = Person(site.github, "eve"), Person(site.github, "maya")
        repository = site.repository(held())
        site.github.collaborate(repository, "maya", "write")
        pull = site.propose(repository, {"speech/notes": b"breathe\n"})
        building = await until_newest(site, pull, SPEECH, "running on")
        refused = await answer_to(site, pull, eve.comment(pull, "@tickbot cancel"))
        assert "`@tickbot cancel` is for the author of the pull request and people who may push" in refused
        eve.click(building, "cancel")
        await heard(site)
        assert building.status == "in_progress"
        maya.click(building, "cancel")
        await site.github.until(lambda: building.conclusion == "cancelled", within=60)
        assert building.output.title == "cancelled by @maya"
        await site.github.until(lambda: says(pull, "@eve may not cancel builds here"), within=60)

        maya.comment(pull, f"@tickbot build speech on {OTHER}")
        elsewhere = await until_newest(site, pull, f"speech on {OTHER}", f"no {OTHER} builder is online")
        maya.click(elsewhere, "cancel")
        await site.github.until(lambda: elsewhere.conclusion == "cancelled", within=60)
        eve.rerun(elsewhere)
        refusal = f"@eve may not have `speech` built on {OTHER}"
        await site.github.until(lambda: says(pull, refusal), within=60)
        await until_told(site, elsewhere, refusal)
        # As one of when there still were builders for that system.
        elsewhere.name = f"speech on {NOBODYS}"
        elsewhere.external_id = elsewhere.external_id.replace(OTHER, NOBODYS)
        maya.rerun(elsewhere)
        given_up = f"`speech` is not built again: this tickborg has no builders for {NOBODYS}"
        await until_told(site, elsewhere, given_up)
        assert len(titles(pull, f"speech on {OTHER}") + titles(pull, f"speech on {NOBODYS}")) == 1

        maya.commit(repository, "main", {"speech/notes": b"breathe in\n"}, "speech: breathe")
        pushed = await until_building(site, repository)
        eve.click(pushed, "cancel")
        await site.github.until(lambda: "@eve may not have" in (pushed.output.summary or ""), within=60)
        assert pushed.status == "in_progress"
        for run in runs_of_main(repository):
            maya.click(run, "cancel")
        await until_pushed(site, repository)
        assert (pushed.conclusion, pushed.output.title) == ("cancelled", "cancelled by @maya")
