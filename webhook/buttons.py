"""``check_run`` and ``check_suite``: a button that somebody pressed is seen to, once, by a workflow."""

from tickborg import names
from tickborg.events.buttons import Button, RerunStart, read_check_run_button, read_check_suite_button
from tickborg.github import RepositoryName
from tickborg.hearing import CHECK_RUN_ACTIONS, CHECK_SUITE_ACTION, HearingPolicy
from tickborg.search_attributes import search_attributes
from tickborg.starts import Start, summary_of
from tickborg.texts.wording import short_sha
from webhook.decisions import Decision, Ignore
from webhook.payload_fields import action, starts_nothing
from webhook.reading import Delivery


def check_run(delivery: Delivery, repo: RepositoryName, _policy: HearingPolicy) -> Decision:
    """See to a button of a build of ours."""
    done = action(delivery)
    if done not in CHECK_RUN_ACTIONS:
        return starts_nothing(delivery, done)
    button = read_check_run_button(delivery.id, repo, delivery.payload)
    if button is None:
        return Ignore("the check run is no build of this bot's, or the button none that it offers")
    build = button.build
    described = f"{button.button} of {build.project} on {build.system} for {build.origin}"
    return _see_to(button, described, pull=build.origin.pull)


def check_suite(delivery: Delivery, repo: RepositoryName, _policy: HearingPolicy) -> Decision:
    """See to *Re-run all checks*."""
    done = action(delivery)
    if done != CHECK_SUITE_ACTION:
        return starts_nothing(delivery, done)
    button = read_check_suite_button(delivery.id, repo, delivery.payload)
    return _see_to(button, "rerun of all checks")


def _see_to(button: Button, described: str, *, pull: int | None = None) -> Start:
    return Start(
        workflow=names.RERUN_WORKFLOW,
        workflow_id=names.rerun_id(button.delivery),
        argument=RerunStart(button=button),
        summary=summary_of(
            f"{button.repo}@{short_sha(button.head_sha)} {described}, asked for by {button.by}"
        ),
        author=button.by,
        attributes=search_attributes(button.repo, button.by, pull=pull, head_sha=button.head_sha),
    )
