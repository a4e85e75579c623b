"""The pages a person opens."""

from emulator import Person, pull_request_text
from emulator.state import PullRequest
from tests.contract.conftest import Api

REPO = "/repos/project-tick/mono"
PAGE = "/project-tick/mono/pull/1"


async def test_a_pull_request_has_a_page(api: Api, alice: Person, pull: PullRequest) -> None:
    """The page shows what is on the pull request, its Markdown rendered."""
    await api.post(f"{REPO}/statuses/{pull.head_sha}", {"state": "pending", "context": "tickborg-eval"})
    await api.post(f"{REPO}/issues/1/comments", {"body": "<!-- marker -->\n| a |\n|---|\n| b |"})
    output = {"title": "built in 12 s", "summary": "```\nmake\n```"}
    await api.post(
        f"{REPO}/check-runs", {"name": "cgit on linux", "head_sha": pull.head_sha, "output": output}
    )
    alice.add_label(pull, "project: cgit")

    page = await api.http.get(PAGE)

    assert page.headers["content-type"].startswith("text/html")
    for shown in ("cgit: better ui", "project: cgit", "tickborg-eval", "cgit on linux", "built in 12 s"):
        assert shown in page.text
    assert "<td>b</td>" in page.text
    assert "marker" not in page.text


async def test_a_pull_request_is_read_as_text(api: Api, alice: Person, pull: PullRequest) -> None:
    """In a terminal a person sees the same: state, labels, statuses, checks and comments."""
    for state, description in (("pending", "merging"), ("success", "1 project: cgit")):
        status = {"state": state, "context": "tickborg-eval", "description": description}
        await api.post(f"{REPO}/statuses/{pull.head_sha}", status)
    output = {"title": "built in 12 s", "summary": "Merged.\n\n    make"}
    run = {"name": "cgit on linux", "head_sha": pull.head_sha, "conclusion": "success", "output": output}
    await api.post(f"{REPO}/check-runs", run)
    alice.add_label(pull, "project: cgit")
    comment = alice.comment(pull, "@tickbot build cgit")
    await api.post(f"{REPO}/issues/comments/{comment.id}/reactions", {"content": "eyes"})
    assert pull_request_text(pull).splitlines() == [
        "project-tick/mono#1 cgit: better ui [open]",
        f"  alice wants to merge project-tick:feature ({pull.head_sha[:7]}) into main",
        "  labels: project: cgit",
        "  status tickborg-eval: success: 1 project: cgit",
        "  check cgit on linux: success: built in 12 s",
        "    | Merged.",
        "    | ",
        "    |     make",
        "  alice commented: :eyes:",
        "    | @tickbot build cgit",
    ]


async def test_a_page_runs_nothing(api: Api, alice: Person, pull: PullRequest) -> None:
    """Whatever people and builds write is text, and the page allows no script."""
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    alice.edit(pull, title=evil, body=evil)
    alice.add_label(pull, "<b onclick=x>")
    alice.comment(pull, evil)
    output = {"title": evil, "summary": evil, "text": f"<details onclick=x>\n\n{evil}"}
    await api.post(f"{REPO}/check-runs", {"name": evil, "head_sha": pull.head_sha, "output": output,
                                          "details_url": "javascript:alert(1)"})  # fmt: skip
    page = await api.http.get(PAGE)
    for active in ("<script", "<img", 'href="javascript', "<b onclick", "<details onclick"):
        assert active not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")


async def test_a_repository_lists_its_pull_requests(api: Api, pull: PullRequest) -> None:
    """The repository's page leads to its pull requests; what is not there has no page."""
    page = await api.http.get("/project-tick/mono")
    assert f'href="{PAGE}"' in page.text
    assert (await api.http.get("/project-tick/mono/pull/2")).status_code == 404
    assert (await api.http.get("/project-tick/other")).status_code == 404
