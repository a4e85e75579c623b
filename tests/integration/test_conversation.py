"""Comments, pushes and buttons go the whole way: real Temporal, git, compiler, sandbox; emulated GitHub."""

from pathlib import Path

from cli.embedded_temporal import EmbeddedTemporal
from emulator import Person
from emulator.git import ZERO_SHA
from emulator.payloads import events
from emulator.rendering import check_runs_of, statuses_of
from emulator.state import Push, Repository
from tests.support.broker import RabbitMQNode
from tests.support.conversation import (
    PUSHED,
    answer_to,
    newest_of_main,
    runs_of_main,
    titles,
    until_newest,
    until_pushed,
)
from tests.support.eventually import eventually
from tests.support.expected import GREETING, SPEECH, until_building
from tests.support.monorepo import MONOREPO, TWICE, held
from tests.support.shown import checks, statuses, timeless
from tests.support.site import RELEASE, SYSTEM, Site, running_site
from tickborg.github import RepositoryName, reply_marker
from tickborg.names import STATE_QUERY, comment_id, push_id
from tickborg.policy import Policy
from tickborg.systems import System
from tickborg.texts.push_statuses import PUSH_CONTEXT
from tickborg.views import BranchView

TESTED = {
    **MONOREPO,
    "greeting/Makefile": MONOREPO["greeting/Makefile"] + b"check: greeting\n\t./greeting\n",
}
OTHER, NOBODYS = System.AARCH64_DARWIN, System.X86_64_FREEBSD
MISTAKEN = "\n".join(
    (
        "Fine!",
        "",
        "@tickbot test greetin greeting",
        "@tickbot bulid speech",
        "@tickbot build greeting on plan9",
        "@tickbot build greeting on",
        "@tickbot status now",
        "@tickbot build " + " ".join(f"p{number}" for number in range(51)),
        "@tickbot",
    )
)
TOO_MANY = (
    "- line 8: `@tickbot build` was not done: it takes 50 projects at most;"
    " `@tickbot build all` is for all of them."
)


async def test_a_comment_is_answered_and_done(site: Site) -> None:
    """A test is run, all that is wrong beside it is answered at once, and a redelivery does nothing."""
    maya = Person(site.github, "maya")
    repository = site.repository(TESTED)
    site.github.collaborate(repository, "maya", "write")
    pull = site.propose(repository, {"README.md": b"Read me.\n"})
    await site.settled(pull)
    assert checks(pull) == {}
    asked = maya.comment(pull, MISTAKEN)
    answer = await answer_to(site, pull, asked)
    assert [line for line in answer.splitlines() if line.startswith("- ")] == [
        "- line 3: no project `greetin`; did you mean `greeting`?",
        "- line 4: no command `bulid`; did you mean `build`?",
        f"- line 5: no system `plan9`; there is `{SYSTEM}`.",
        f"- line 6: no system follows `on`; there is `{SYSTEM}`.",
        "- line 7: `@tickbot status` was not done: it takes nothing after it, and `now` follows.",
        TOO_MANY,
        "- line 9: nothing follows `@tickbot`; `@tickbot help` says what can.",
    ]
    await site.github.until(lambda: [each.content for each in asked.reactions] == ["eyes"], within=60)
    await until_newest(site, pull, GREETING, "built and tested")
    told = next(
        each for each in site.app.deliveries if (each.event, each.action) == ("issue_comment", "created")
    )
    site.github.webhooks.repeat(site.app, told)
    await site.github.webhooks.settled()
    await site.settled(pull)
    assert [len(each.body) > 0 for each in pull.comments if reply_marker(asked.id) in each.body] == [True]
    assert len(titles(pull, GREETING)) == 1


async def test_each_command_does_what_it_says(site: Site) -> None:
    """Build, status, cancel, retry, eval and help, by people who may and who may not."""
    maya, eve = Person(site.github, "maya"), Person(site.github, "eve")
    repository = site.repository(held())
    site.github.collaborate(repository, "maya", "write")
    pull = site.propose(repository, {"README.md": b"Read me.\n"})
    await site.settled(pull)
    eve.comment(pull, "@tickbot build all")
    await until_building(site, pull)
    await site.waiting(2)

    status = await answer_to(site, pull, eve.comment(pull, "@tickbot status"))
    assert f"| `greeting` | {SYSTEM} | 🔨 running" in status
    refused = await answer_to(site, pull, eve.comment(pull, "@tickbot cancel"))
    assert "author of the pull request and people who may push" in refused
    site.alice.comment(pull, "@tickbot cancel speech")
    await until_newest(site, pull, SPEECH, "cancelled by @alice")
    await site.release(1)
    await until_newest(site, pull, GREETING, "built in")

    maya.comment(pull, "@tickbot retry")
    await site.release(1)
    await until_newest(site, pull, SPEECH, "built in")
    assert [len(titles(pull, name)) for name in (GREETING, SPEECH)] == [1, 2]
    maya.comment(pull, "@tickbot retry")
    nothing = "@maya: There is nothing to retry"
    await site.github.until(lambda: any(nothing in each.body for each in pull.comments), within=60)

    base = (await site.settled(pull)).base_sha
    maya.commit(repository, "main", {"NEWS.md": b"News.\n"}, "News")
    maya.comment(pull, "@tickbot eval")

    async def evaluated_again() -> bool:
        return (await site.settled(pull)).base_sha not in {None, base}

    await eventually(evaluated_again)
    assert "@tickbot retry" in await answer_to(site, pull, eve.comment(pull, "@tickbot help"))
    site.alice.close(pull)
    closed = await answer_to(site, pull, maya.comment(pull, "@tickbot build greeting"))
    assert closed == "The pull request is closed, so nothing is built. Reopen it first."


async def test_a_newcomer_is_let_in_by_a_maintainer(
    tmp_path: Path, temporal: EmbeddedTemporal, rabbitmq: RabbitMQNode
) -> None:
    """For one head; and a system that is not for everybody, or that nobody has, is answered."""
    policy = Policy(systems=(SYSTEM, OTHER), primary_systems=(SYSTEM,), require_approval=True)
    async with running_site(tmp_path, temporal.address, rabbitmq.url, policy) as site:
        bob, maya = Person(site.github, "bob"), Person(site.github, "maya")
        repository = site.repository(MONOREPO)
        site.github.collaborate(repository, "maya", "write")
        fork = bob.fork(repository, site.folders.root / "github" / "fork.git")
        bob.commit(fork, "twice", TWICE, "greeting: twice")
        pull = bob.open_pull_request(repository, head="twice", title="greeting: twice", source=fork)
        await site.settled(pull)
        [(_, state, description)] = [each for each in statuses(pull) if each[1] == "success"]
        assert (state, "once a maintainer asks for it" in (description or "")) == ("success", True)
        for order in ("build greeting", "retry"):
            waits = await answer_to(site, pull, bob.comment(pull, f"@tickbot {order}"))
            assert f"`@tickbot {order.split()[0]}` has to wait" in waits
            assert "first contribution" in waits
        assert checks(pull) == {}

        await site.until_past(repository)
        asked = maya.comment(pull, f"@tickbot build greeting on {SYSTEM}")
        await until_newest(site, pull, GREETING, "built in")
        await site.github.until(lambda: bool(asked.reactions), within=60)
        refused = await answer_to(
            site, pull, bob.comment(pull, f"@tickbot build speech on {OTHER} {NOBODYS}")
        )
        assert f"`{OTHER}` is built for people who may push" in refused
        assert f"there are no builders for `{NOBODYS}`" in refused

        bob.commit(fork, "twice", {"README.md": b"More.\n"}, "Explain")
        await site.github.until(lambda: any(each[1] == "success" for each in statuses(pull)), within=60)
        view = await site.settled(pull)
        assert view.awaits_approval


async def test_what_is_no_command_starts_nothing(site: Site) -> None:
    """Issues, bots, edits, quotes and other words: nobody is bothered."""
    repository = site.repository(MONOREPO)
    pull = site.propose(repository, {"README.md": b"Read me.\n"})
    await site.settled(pull)
    issue = site.alice.open_issue(repository, "Something else")
    site.alice.comment(issue, "@tickbot build greeting")
    edited = site.alice.comment(pull, "I was about to say")
    site.alice.edit_comment(edited, "@tickbot build greeting")
    site.alice.comment(pull, "@tickbotty build greeting")
    quoted = site.alice.comment(pull, "> @tickbot build greeting\n\n`@tickbot build greeting`")
    bot = Person(site.github, "other[bot]")
    bot.user.type = "Bot"
    bot.comment(pull, "@tickbot build greeting")
    await site.github.webhooks.settled()
    name = RepositoryName.parse(repository.full_name)
    handle = site.client.get_workflow_handle(comment_id(name, pull.number, quoted.id))
    assert await handle.result() == "it says nothing to the bot"
    started = [each async for each in site.client.list_workflows(f'TickborgRepo="{repository.full_name}"')]
    assert [each.id for each in started if each.workflow_type == "Comment"] == [handle.id]
    assert checks(pull) == {}


async def test_a_push_is_built(site: Site) -> None:
    """Of the whole range; tags and other branches are nobody's business."""
    repository = site.repository(MONOREPO)
    site.alice.commit(repository, "topic", TWICE, "greeting: twice")
    site.alice.commit(repository, "topic", {"README.md": b"Read me.\n"}, "Explain")
    site.alice.push(repository, "main", repository.branches["topic"])
    await until_pushed(site, repository)
    runs = {run.name: (run.conclusion, timeless(run.output.title or "")) for run in runs_of_main(repository)}
    assert runs == {
        PUSHED: ("success", "built in N s"),
        PUSHED.replace("greeting", "speech"): ("success", "built in N s"),
    }
    statuses = {
        each.context: each.description for each in statuses_of(repository, repository.branches["main"])
    }
    assert statuses == {PUSH_CONTEXT: "2 projects: greeting, speech"}
    site.alice.delete_branch(repository, "topic")
    site.alice.tag(repository, "v1")
    await site.github.webhooks.settled()
    started = [each async for each in site.client.list_workflows(f'TickborgRepo="{repository.full_name}"')]
    owner = push_id(RepositoryName.parse(repository.full_name), "main")
    assert {each.id for each in started if each.workflow_type == "Push"} == {owner}


async def test_a_push_that_is_delivered_again_is_not_built_again(site: Site) -> None:
    """Although its owner has ended."""
    repository = site.repository(MONOREPO)
    site.alice.commit(repository, "main", TWICE, "greeting: twice")
    await until_pushed(site, repository)
    built = [run.id for run in runs_of_main(repository)]
    [told] = [each for each in site.app.deliveries if (each.event, each.status_code) == ("push", 202)]
    site.github.webhooks.repeat(site.app, told)
    await site.github.webhooks.settled()
    await site.pushed(repository)
    assert [run.id for run in runs_of_main(repository)] == built
    query = f'WorkflowType="Push" AND TickborgRepo="{repository.full_name}" AND ExecutionStatus="Completed"'

    async def both_ended() -> bool:
        return len([each async for each in site.client.list_workflows(query)]) == 2

    await eventually(both_ended)


async def test_a_branch_that_is_made_again_is_built_where_it_is(site: Site) -> None:
    """Against where it left the default branch, as nothing was before it.

    Its deletion starts nothing, also where nothing but zeros says so.
    """
    repository, greeting, speech = site.repository(MONOREPO), "greeting", "speech"
    site.alice.commit(repository, "topic", {"speech/notes": b"breathe\n"}, "speech: breathe")
    older = repository.branches["topic"]
    site.alice.commit(repository, "topic", TWICE, "greeting: twice")
    newer = repository.branches["topic"]
    assert await _built_as_release(site, repository, newer) == {greeting: "success", speech: "success"}
    site.alice.delete_branch(repository, RELEASE)
    zeros = Push(repository, f"refs/heads/{RELEASE}", newer, ZERO_SHA, site.alice.user)
    unflagged = events.push(zeros, site.github.url) | {"deleted": False}
    site.github.announce("push", repository, site.alice.user, unflagged)
    await site.github.webhooks.settled()
    assert _answers_about(site, RELEASE) == [202, 200, 200]
    assert await _built_as_release(site, repository, older) == {speech: "success"}
    owner = site.client.get_workflow_handle(push_id(RepositoryName.parse(repository.full_name), RELEASE))
    assert (await owner.query(STATE_QUERY, result_type=BranchView)).head_sha == older
    started = [each async for each in site.client.list_workflows(f'TickborgRepo="{repository.full_name}"')]
    assert [each.id for each in started if each.workflow_type == "Push"] == [owner.id] * 2


async def test_a_forced_push_is_built_from_where_it_left_the_branch(site: Site) -> None:
    """What was thrown away is no change of what took its place."""
    repository = site.repository(MONOREPO)
    start = repository.branches["main"]
    site.alice.commit(repository, "main", TWICE, "greeting: twice")
    await until_pushed(site, repository)
    site.alice.commit(repository, "main", {"speech/notes": b"breathe\n"}, "speech: breathe", onto=start)
    await site.github.until(lambda: newest_of_main(repository, "speech") is not None, within=60)
    await until_pushed(site, repository)
    assert {run.name for run in runs_of_main(repository)} == {PUSHED.replace("greeting", "speech")}


async def _built_as_release(site: Site, repository: Repository, sha: str) -> dict[str, str | None]:
    """Have a release branch made at a commit; how each project was built of it, once its owner has ended."""
    site.alice.push(repository, RELEASE, sha)
    end = f" on {SYSTEM} (push to {RELEASE})"
    await site.github.until(
        lambda: bool(runs := check_runs_of(repository, sha)) and all(run.conclusion for run in runs),
        within=60,
    )
    await site.pushed(repository, RELEASE)
    return {run.name.removesuffix(end): run.conclusion for run in check_runs_of(repository, sha)}


def _answers_about(site: Site, branch: str) -> list[int]:
    """What the webhook answered to pushes to a branch, the oldest first."""
    pushes = [each for each in site.app.deliveries if each.event == "push"]
    ref = f'"refs/heads/{branch}"'.encode()
    return [each.status_code for each in pushes if ref in each.body]
