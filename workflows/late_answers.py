"""What an owner answers to a comment or a button when what it asked for comes to nothing after all."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from itertools import islice
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.github import GitHubActivities
    from tickborg.github import Reply, late_reply_marker
    from tickborg.memory import PullRequestMemory
    from tickborg.order_memory import ABOUT_LIMIT
    from tickborg.requests import Asker, NoticedBuild, PressedCheck, UnsentAnswer
    from tickborg.texts import answers
    from workflows import policies, pressed_checks, questions
    from workflows.failures import failure_reason
    from workflows.owned_builds import next_number


class LateAnswers:
    """Answers each comment, and each button, once for all that comes to nothing of it.

    So nothing is said of a comment while one of its orders waits, and what is to be said is in the memory.

    An answer is a comment of its own: an edit of the summary notifies nobody. Whoever pressed a button has
    written no comment, and is answered in the summary; and on the check run as well where GitHub has put that
    back into the queue, or it would show it there for ever.

    Args:
        memory: the owner's.
        run: runs a coroutine beside the owner's loop.
    """

    def __init__(self, memory: PullRequestMemory, run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._memory = memory
        self._run = run

    def say(self, whom: Asker | PressedCheck | None, text: str, about: Iterable[NoticedBuild] = ()) -> None:
        """Answer ``text``, with a :meth:`send` to come; in the summary at once, unless it is to a comment.

        ``about`` are the builds that it says are not made, see :meth:`PullRequestMemory.notice`.
        """
        some = tuple(islice(about, ABOUT_LIMIT + 1))
        if not isinstance(whom, Asker):
            self._memory.notice(text, some)
        if whom is not None:
            kept = some if len(some) <= ABOUT_LIMIT else ()
            self._memory.unsent = (*self._memory.unsent, UnsentAnswer(whom=whom, text=text, about=kept))

    def send(self) -> None:
        """Send what has come together to those of whose orders none waits any more."""
        texts: dict[Asker | PressedCheck, dict[str, tuple[NoticedBuild, ...]]] = {}
        for answer in self._memory.unsent:
            said = texts.setdefault(answer.whom, {})
            said[answer.text] = said.get(answer.text, ()) + answer.about
        due = [whom for whom in texts if not self._memory.is_waited_for_by(whom)]
        self._memory.unsent = tuple(answer for answer in self._memory.unsent if answer.whom not in due)
        for whom in due:
            self._run(self._answer(whom, texts[whom]))

    async def _answer(
        self, whom: Asker | PressedCheck, texts: Mapping[str, tuple[NoticedBuild, ...]]
    ) -> None:
        if isinstance(whom, Asker):
            await self._reply(whom, texts)
        else:
            await pressed_checks.answer(self._memory.repo, whom.build, whom.head_sha, " ".join(texts))

    async def _reply(self, asker: Asker, texts: Mapping[str, tuple[NoticedBuild, ...]]) -> None:
        marker = late_reply_marker(asker.comment_id, next_number(self._memory))
        reply = Reply(
            repo=self._memory.repo,
            number=self._memory.number,
            marker=marker,
            body=answers.whole(answers.to(asker.login, tuple(texts)), marker),
        )
        try:
            await workflow.execute_activity_method(
                GitHubActivities.reply, reply, **policies.RESULT, summary=f"answer @{asker.login}"
            )
        except ActivityError as error:
            workflow.logger.warning("@%s not answered: %s", asker.login, failure_reason(error))
            for text, about in texts.items():
                self._memory.notice(text, about)
            await questions.count_refusal(self._memory.repo, error)
