"""Answering a button on the check run that it was pressed on, where no summary comment can."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg.external_ids import BuildReference
    from tickborg.github import RepositoryName
    from tickborg.texts import button_answers
    from tickborg.texts.shortening import shorten_bytes
    from workflows import policies, questions
    from workflows.failures import failure_reason

_SUMMARY_LIMIT = 200
"""Bytes of an answer that the Web UI is given; Temporal takes 400."""


async def answer(repo: RepositoryName, build: BuildReference, head_sha: str, text: str) -> None:
    """Say ``text`` on the check run of ``build``, if there still is one; nothing depends on it."""
    try:
        answered = await workflow.execute_activity_method(
            GitHubActivities.answer_on_check_run,
            button_answers.on(repo, build, head_sha, text),
            **policies.RESULT,
            summary=shorten_bytes(f"answer: {text}", _SUMMARY_LIMIT),
        )
    except ActivityError as error:
        workflow.logger.warning("%r not answered: %s", text, failure_reason(error))
        await questions.count_refusal(repo, error)
        return
    if not answered:
        workflow.logger.warning("%r not answered: there is no such check run any more", text)
