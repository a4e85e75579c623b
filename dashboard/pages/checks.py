"""Evaluation checks on a page: how each stands, its log, and how to reproduce one that did not pass."""

from dashboard.pages import verdicts
from dashboard.pages.addresses import Addresses
from dashboard.pages.builds import dotted, to_reproduce
from dashboard.pages.markup import Content, Html, element, link, prose
from dashboard.pages.page import mark, section
from tickborg.jobs import CheckResult
from tickborg.texts import reproduction
from tickborg.texts.durations import spoken
from tickborg.views import PullRequestView


def checks(view: PullRequestView, addresses: Addresses) -> Html:
    """All evaluation checks, under a heading; nothing where there are none."""
    rows = [_row(view, check, addresses) for check in view.checks]
    return section("Checks", element("ul", rows, class_="checks") if rows else None)


def _row(view: PullRequestView, check: CheckResult, addresses: Addresses) -> Html:
    log = link(addresses.log(check.attempt_id), "log") if check.attempt_id else None
    took = spoken(check.duration) if check.duration else None
    name = element("span", check.name, class_="title")
    state = element("div", mark(verdicts.of_check(check)), dotted((took, check.builder, log)), class_="build")
    why = element("p", prose(check.reason)) if check.reason else None
    return element("li", name, state, why, _reproduction(view, check))


def _reproduction(view: PullRequestView, check: CheckResult) -> Content:
    commands = reproduction.of_check(view, check)
    return to_reproduce("How to reproduce it", None, commands) if commands else None
