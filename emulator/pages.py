"""What a person opens in a browser: a repository's pull requests, and one with all that is on it.

Everybody may look, at private repositories too: the emulator listens on loopback.
"""

import re
from collections.abc import Iterable
from html import escape

from emulator.github import EmulatedGitHub
from emulator.markdown import to_html
from emulator.page_style import STYLE
from emulator.rendering import head_check_runs, head_statuses, state_word
from emulator.state import CheckRun, Comment, PullRequest, Repository, Status

_PULL = re.compile(r"/(?P<owner>[^/]+)/(?P<repo>[^/]+)/pull/(?P<number>[0-9]+)")
_PULLS = re.compile(r"/(?P<owner>[^/]+)/(?P<repo>[^/]+)(?:/pulls)?")
_MARKS = {
    "success": "good",
    "failure": "bad",
    "error": "bad",
    "timed_out": "bad",
    "action_required": "bad",
    "pending": "wait",
    "queued": "wait",
    "in_progress": "wait",
}
_EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "hooray": "🎉",
    "confused": "😕",
    "heart": "❤️",
    "rocket": "🚀",
    "eyes": "👀",
}
_REFRESH_SECONDS = 5


def page_at(github: EmulatedGitHub, path: str) -> str | None:
    """The page at a path, as HTML; None where there is none."""
    if match := _PULL.fullmatch(path):
        repository = github.repositories.get(f"{match['owner']}/{match['repo']}".casefold())
        issue = repository.issues.get(int(match["number"])) if repository else None
        return pull_page(issue) if isinstance(issue, PullRequest) else None
    if match := _PULLS.fullmatch(path):
        repository = github.repositories.get(f"{match['owner']}/{match['repo']}".casefold())
        return pulls_page(repository) if repository else None
    return None


def pulls_page(repository: Repository) -> str:
    """All pull requests of a repository, newest first."""
    rows = [_pull_row(pull) for pull in reversed(repository.pulls)]
    nothing = '<div class="row">No pull requests.</div>'
    body = [f"<h1>{escape(repository.full_name)}</h1>", _sheet(rows or [nothing])]
    return _document(repository.full_name, body, refresh=True)


def pull_page(pull: PullRequest) -> str:
    """One pull request: description, labels, statuses, checks, comments."""
    statuses, checks = head_statuses(pull), head_check_runs(pull)
    body = [
        _heading(pull),
        _written(pull.author.login, pull.body or "*No description.*"),
        *_section("Statuses", [_status(each) for each in statuses]),
        *_section("Checks", [_check(each) for each in checks]),
        *(["<h2>Comments</h2>"] if pull.comments else []),
        *(_comment(each) for each in pull.comments),
    ]
    moving = any(each.state == "pending" for each in statuses) or any(not run.conclusion for run in checks)
    return _document(f"{pull.title} · #{pull.number}", body, refresh=moving)


def _document(title: str, body: Iterable[str], *, refresh: bool) -> str:
    again = f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">' if refresh else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        f"<style>{STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    )


def _pull_row(pull: PullRequest) -> str:
    return (
        f'<div class="row">{_state(pull)} <a href="/{escape(pull.repository.full_name)}/pull/{pull.number}">'
        f'{escape(pull.title)}</a> <span class="number">#{pull.number}'
        f" by {escape(pull.author.login)}</span></div>"
    )


def _heading(pull: PullRequest) -> str:
    name = escape(pull.repository.full_name)
    labels = "".join(f'<span class="label">{escape(label.name)}</span>' for label in pull.labels)
    return (
        f'<a href="/{name}">{name}</a>'
        f'<h1>{escape(pull.title)} <span class="number">#{pull.number}</span></h1>'
        f"<p>{_state(pull)} <b>{escape(pull.author.login)}</b> wants to merge"
        f" <code>{escape(pull.head_repository.owner.login)}:{escape(pull.head_ref)}</code>"
        f" ({pull.head_sha[:7]}) into <code>{escape(pull.base_ref)}</code></p><p>{labels}</p>"
    )


def _state(pull: PullRequest) -> str:
    word = state_word(pull)
    return f'<span class="state {word}">{word}</span>'


def _section(title: str, rows: list[str]) -> list[str]:
    return [f"<h2>{title}</h2>", _sheet(rows)] if rows else []


def _sheet(rows: Iterable[str]) -> str:
    return f'<div class="sheet">{"".join(rows)}</div>'


def _written(author: str, markdown: str, reactions: str = "") -> str:
    return (
        f'<div class="sheet"><header><b>{escape(author)}</b> wrote</header>'
        f'<div class="text">{to_html(markdown)}{reactions}</div></div>'
    )


def _status(status: Status) -> str:
    context = _link(status.context, status.target_url)
    return (
        f'<div class="row">{_mark(status.state)} <b>{context}</b>'
        f' <span class="faint">{escape(status.description or "")}</span></div>'
    )


def _check(run: CheckRun) -> str:
    name = _link(run.name, run.details_url)
    row = (
        f'<summary class="row">{_mark(run.conclusion or run.status)} <b>{name}</b>'
        f' <span class="faint">{escape(run.output.title or "")}</span></summary>'
    )
    texts = "".join(to_html(text) for text in (run.output.summary, run.output.text) if text)
    return f'<details>{row}<div class="text">{texts}</div></details>'


def _comment(comment: Comment) -> str:
    reactions = " ".join(f"{_EMOJI[each.content]} {each.content}" for each in comment.reactions)
    return _written(
        comment.author.login, comment.body, f'<p class="faint">{reactions}</p>' if reactions else ""
    )


def _mark(word: str) -> str:
    return f'<span class="mark {_MARKS.get(word, "faint")}">{escape(word.replace("_", " "))}</span>'


def _link(text: str, url: str | None) -> str:
    is_web = url is not None and url.startswith(("http://", "https://"))
    return f'<a href="{escape(url or "")}">{escape(text)}</a>' if is_web else escape(text)
