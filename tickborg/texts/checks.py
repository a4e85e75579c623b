"""Evaluation checks that did not pass, in a comment: a line for each."""

from collections.abc import Iterable, Iterator

from tickborg.jobs import CheckResult
from tickborg.texts import links
from tickborg.texts.durations import spoken
from tickborg.texts.markdown import code, link, prose
from tickborg.texts.outcomes import check_in_words
from tickborg.texts.shortening import REASON_LIMIT, shorten


def lines(checks: Iterable[CheckResult], dashboard_url: str) -> Iterator[str]:
    """How each ended, where its log is, and why."""
    return (_line(check, dashboard_url) for check in checks)


def _line(check: CheckResult, dashboard_url: str) -> str:
    words = f"- The check {code(check.name)}: {check_in_words(check)}"
    if check.duration:
        words += f", {spoken(check.duration)}"
    if check.attempt_id is not None:
        words += f" ({link('log', links.page_url(dashboard_url, 'logs', check.attempt_id))})"
    return words + (f": {prose(shorten(check.reason, REASON_LIMIT))}" if check.reason else "")
