"""A pull request goes the whole way: real Temporal, RabbitMQ, git, compiler and sandbox; emulated GitHub."""

from emulator import Person
from tests.support.expected import (
    GREETING,
    SPEECH,
    assert_both_built,
    assert_evaluated,
    attempt_of,
    build_counters,
    evaluation_counters,
    final_comment,
    log_of,
    page_of,
    the_comment,
    until_building,
    until_counted,
    webhook_counters,
)
from tests.support.monorepo import MONOREPO, TWICE, held
from tests.support.processes import alive, new_marker
from tests.support.shown import all_check_runs, checks, labels, timeless
from tests.support.site import SYSTEM, Site, owner_of

BUILT = ("success", "built in N s")


async def test_a_pull_request_goes_the_whole_way(site: Site) -> None:
    """A webhook comes, and statuses, labels, check runs, comment, logs, pages and counters are all right."""
    repository = site.repository(held())
    change = {**TWICE, "docs/greeting.md": b"Greet twice.\n"}
    pull = site.propose(repository, change, title="greeting: greet twice")
    [opened] = [delivery for delivery in site.app.deliveries if delivery.action == "opened"]
    await until_building(site, pull)
    assert (opened.status_code, f"pr/{repository.full_name}/1" in opened.response_body) == (202, True)
    await site.release(2)
    view = await site.settled(pull)

    await assert_both_built(site, pull, view)
    await site.github.until(lambda: labels(pull) == {"project: greeting", "scope: docs"})
    await site.github.webhooks.settled()
    builds = build_counters(repository, "Success", "greeting", "speech")
    await until_counted(site, {**webhook_counters(site), **evaluation_counters("evaluated"), **builds})


async def test_a_build_that_fails_says_why(site: Site) -> None:
    """The compiler's words are in the check run and the log, and the comment says how to get them at home."""
    repository = site.repository(MONOREPO)
    broken = {"greeting/greeting.c": b"int main(void) { return forgotten; }\n"}
    pull = site.propose(repository, broken, title="greeting: tidy up")
    await site.settled(pull)

    assert_evaluated(pull, ("success", "2 projects: greeting, speech"))
    failed = ("failure", "`make -j2` failed with status 2 after N s")
    assert checks(pull) == {GREETING: failed, SPEECH: BUILT}
    [run] = [run for run in all_check_runs(pull) if run.name == GREETING]
    _, lines, metadata = await log_of(site, attempt_of(run))
    error = "greeting.c:1:25: error: \N{LEFT SINGLE QUOTATION MARK}forgotten"
    assert error in "\n".join(lines)
    assert error in (run.output.text or "")
    assert metadata["status"] == "failure"
    comment = the_comment(pull)
    assert comment.startswith(f"❌ **1 of 2 builds failed**: `greeting` on {SYSTEM}\n")
    assert f"git merge --no-edit {pull.head_sha}\ncd greeting\nmake -j2\n" in comment


async def test_a_conflict_is_named_and_nothing_is_built(site: Site) -> None:
    """Status and comment name the file, no project is labelled, and nothing is built but what was pushed."""
    repository = site.repository(MONOREPO)
    site.alice.commit(repository, "mine", TWICE, "Two")
    site.alice.commit(repository, "main", {"greeting/greeting.h": b"#define GREETINGS 3\n"}, "Three")
    pull = site.alice.open_pull_request(repository, head="mine", title="Two")
    await site.settled(pull)

    assert_evaluated(pull, ("failure", "merge conflict in greeting/greeting.h"))
    assert (all_check_runs(pull), labels(pull)) == ([], set())
    said = "❌ **Merge conflict** with `main` in `greeting/greeting.h`. Nothing is built.\n"
    assert the_comment(pull).startswith(said)
    assert page_of(site, pull) in the_comment(pull)
    await site.pushed(repository)
    await site.github.webhooks.settled()
    conflict = {'tickborg_events_total{event="MergeConflict"}': 1.0}
    pushed = build_counters(repository, "Success", "greeting", "speech")
    evaluated = evaluation_counters("conflict")
    await until_counted(site, {**webhook_counters(site), **evaluated, **conflict, **pushed})


async def test_a_push_supersedes_what_is_building(site: Site) -> None:
    """The old head's builds end within seconds, and say which head took their place; the new ones succeed."""
    marker = new_marker()
    repository = site.repository(held(marker))
    pull = site.propose(repository, TWICE)
    await until_building(site, pull)
    await site.waiting(2)
    old, old_runs = pull.head_sha, all_check_runs(pull)
    site.alice.commit(repository, pull.head_ref, {"greeting/greeting.h": b"#define GREETINGS 4\n"}, "Four")
    await site.github.until(lambda: all(run.conclusion for run in old_runs))
    endings = [(run.conclusion, run.output.title) for run in all_check_runs(pull, old)]
    assert endings == [("cancelled", f"superseded by {pull.head_sha[:7]}")] * 2
    assert [(await log_of(site, attempt_of(run)))[2]["status"] for run in old_runs] == ["cancelled"] * 2
    await until_building(site, pull)
    await site.release(2)
    view = await site.settled(pull)

    assert alive(marker) == []
    assert checks(pull) == {GREETING: BUILT, SPEECH: BUILT}
    assert timeless(the_comment(pull)) == final_comment(site, pull, view.base_sha or "")
    assert len(repository.check_runs) == 4


async def test_a_pull_request_that_is_closed_is_built_no_longer(site: Site) -> None:
    """Its builds are cancelled, their processes end, and so does the workflow that owns it."""
    marker = new_marker()
    pull = site.propose(site.repository(held(marker)), TWICE)
    await until_building(site, pull)
    await site.waiting(2)
    site.alice.close(pull)
    await owner_of(site.client, pull).result()

    assert alive(marker) == []
    closed = ("cancelled", "the pull request was closed")
    assert checks(pull) == {GREETING: closed, SPEECH: closed}
    assert_evaluated(pull, ("success", "2 projects: greeting, speech"))
    the_comment(pull)


async def test_a_pull_request_from_a_fork_is_built(site: Site) -> None:
    """The bot is not installed on the fork, and needs it for nothing: all it says is said on the target."""
    repository = site.repository(MONOREPO)
    bob = Person(site.github, "bob")
    fork = bob.fork(repository, site.folders.root / "github" / "fork.git")
    bob.commit(fork, "twice", TWICE, "greeting: twice")
    pull = bob.open_pull_request(repository, head="twice", title="greeting: twice", source=fork)
    view = await site.settled(pull)

    assert_evaluated(pull, ("success", "2 projects: greeting, speech"))
    assert checks(pull) == {GREETING: BUILT, SPEECH: BUILT}
    assert timeless(the_comment(pull)) == final_comment(site, pull, view.base_sha or "")
    assert (fork.statuses, fork.check_runs) == ({}, {})


async def test_a_project_file_that_cannot_be_read_is_named_with_its_line(site: Site) -> None:
    """The target branch's file is at fault, so the author is told that the change is not."""
    broken = {**MONOREPO, ".tickborg.toml": b'[[project]]\nname = "greeting"\npaht = "greeting"\n'}
    pull = site.propose(site.repository(broken), TWICE)
    await site.settled(pull)

    fault = '.tickborg.toml line 1, project "greeting", key "path": is missing'
    assert_evaluated(pull, ("failure", f"{fault} (the first of several faults)"))
    assert all_check_runs(pull) == []
    comment = the_comment(pull)
    assert comment.startswith("❌ **`.tickborg.toml` on `main` cannot be used**, so nothing is built.")
    meant = '.tickborg.toml line 3, project "greeting", key "paht": is not known; did you mean "path"?'
    assert f"```text\n{fault}\n{meant}\n```" in comment
    assert page_of(site, pull) in comment


async def test_a_webhook_that_is_delivered_again_does_nothing_twice(site: Site) -> None:
    """GitHub repeats the delivery that opened the pull request, and is not asked or told anything."""
    pull = site.propose(site.repository(MONOREPO), TWICE)
    await site.settled(pull)
    await site.github.webhooks.settled()
    calls = len(site.github.journal.calls())
    [opened] = [delivery for delivery in site.app.deliveries if delivery.action == "opened"]
    again = site.github.webhooks.repeat(site.app, opened)
    await site.github.webhooks.settled()
    assert (again.status_code, again.response_body) == (202, opened.response_body)
    await site.settled(pull)
    assert len(site.github.journal.calls()) == calls


async def test_a_target_branch_that_is_gone_is_named(site: Site) -> None:
    """It was deleted before its pull request was evaluated."""
    repository = site.repository(MONOREPO)
    site.alice.push(repository, "release", repository.git.branch("main"))
    site.github.webhooks.lose("pull_request")
    site.alice.commit(repository, "twice", TWICE, "Twice")
    pull = site.alice.open_pull_request(repository, head="twice", title="Twice", base="release")
    site.alice.delete_branch(repository, "release")
    [lost] = [delivery for delivery in site.app.deliveries if delivery.action == "opened"]
    site.github.webhooks.repeat(site.app, lost)
    await site.settled(pull)

    said = f"tickborg failed, not your change: {repository.full_name} has no refs/heads/release"
    assert_evaluated(pull, ("error", f"{said}: was it renamed or deleted?"))
    assert all_check_runs(pull) == []
    await site.github.until(lambda: labels(pull) == {"tickborg-internal-error"})
    assert "has no refs/heads/release: was it renamed or deleted?" in the_comment(pull)
