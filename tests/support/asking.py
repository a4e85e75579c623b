"""What people do beside opening pull requests: they comment, press buttons and push to branches."""

from typing import Literal
from uuid import uuid4

from tests.support.fake_github import Comment
from tests.support.webhooks import check_run_payload, check_suite_payload, comment_payload, push_payload
from tests.support.workflow_bench import HEAD, LINUX, MAINTAINER, NUMBER, REPO, Bench
from tickborg.github import CheckConclusion, CheckRun, CheckStatus
from tickborg.names import comment_id, push_id, rerun_id
from tickborg.systems import System

BEFORE = "d" * 40
"""What a branch was before a test pushes to it."""


async def comment(
    bench: Bench, body: str, *, by: str = MAINTAINER, number: int = NUMBER, delivery: str = ""
) -> Comment:
    """Comment on a pull request."""
    written = bench.github.comments[bench.github.write_comment(REPO, number, by, body)]
    await redeliver(bench, written, delivery=delivery)
    return written


async def redeliver(bench: Bench, written: Comment, *, delivery: str = "") -> None:
    """Tell of a comment, perhaps once more."""
    payload = comment_payload(
        written.body,
        id=written.id,
        user={"login": written.author, "type": "User"},
        created_at=written.written_at.isoformat(),
    )
    payload["issue"] |= {"number": written.number, "updated_at": written.written_at.isoformat()}
    await bench.hear(
        "issue_comment", payload, comment_id(REPO, written.number, written.id), delivery=delivery
    )


async def answer_to(bench: Bench, written: Comment) -> str:
    """Wait for the bot's answer to a comment, and return it."""
    marker = f"<!-- tickborg:reply:{written.id} -->"

    def answer() -> str | None:
        said = (each.body for each in bench.github.bot_comments(REPO, written.number) if marker in each.body)
        return next((body.replace(marker, "").strip() for body in said), None)

    found = await bench.until(answer)
    assert found is not None
    return found


async def until_seen(bench: Bench, written: Comment) -> None:
    """Wait until the bot has shown that it understood a comment."""
    await bench.until(lambda: "eyes" in written.reactions or None)


async def press(
    bench: Bench,
    run: CheckRun,
    button: Literal["rerun", "test", "cancel"] = "rerun",
    *,
    by: str = MAINTAINER,
    delivery: str = "",
) -> None:
    """Press a button of a check run, and wait until its owner has been told."""
    fields = {"external_id": run.external_id, "head_sha": run.head_sha}
    if button == "rerun":
        payload = check_run_payload(check_run=fields, sender={"login": by})
    else:
        assert button in {action.identifier for action in run.actions}, "GitHub shows no such button"
        payload = check_run_payload(
            "requested_action",
            check_run=fields,
            requested_action={"identifier": button},
            sender={"login": by},
        )
    await _press(bench, "check_run", payload, delivery)


async def press_all(bench: Bench, sha: str = HEAD, *, by: str = MAINTAINER) -> None:
    """Press *Re-run all checks* of a commit."""
    await _press(bench, "check_suite", check_suite_payload(head_sha=sha) | {"sender": {"login": by}})


async def push(
    bench: Bench, after: str, *projects: str, before: str = BEFORE, branch: str = "main", delivery: str = ""
) -> None:
    """Push a commit that changes ``projects``."""
    bench.repositories.touch_branch(after, *projects, before=before)
    payload = push_payload(ref=f"refs/heads/{branch}", before=before, after=after)
    await bench.hear("push", payload, push_id(REPO, branch), delivery=delivery)


async def set_back(bench: Bench, after: str, *, before: str) -> None:
    """Push main back by force, to a commit that it had before."""
    bench.repositories.set_back(after)
    payload = push_payload(ref="refs/heads/main", before=before, after=after)
    await bench.hear("push", payload, push_id(REPO, "main"))


async def until_built(
    bench: Bench, project: str, sha: str, state: CheckConclusion | CheckStatus, system: System = LINUX
) -> CheckRun:
    """Wait until the check run of a push to main is at ``state``."""
    return await bench.until_check_run(project, state, sha=sha, system=system, branch="main")


async def _press(bench: Bench, event: str, payload: dict[str, object], delivery: str = "") -> None:
    delivery = delivery or str(uuid4())
    await bench.hear(event, payload, rerun_id(delivery), delivery=delivery)
    await bench.client.get_workflow_handle(rerun_id(delivery)).result()
