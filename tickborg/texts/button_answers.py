"""What a check run answers to its button, where no summary comment can (design, section 6)."""

import re

from tickborg.external_ids import BuildReference, external_id
from tickborg.github import CHECK_OUTPUT_LIMIT, CheckRunAnswer, RepositoryName
from tickborg.texts import check_runs
from tickborg.texts.markdown import code, prose
from tickborg.texts.shortening import shorten
from tickborg.texts.wording import short_sha

_BEGIN, _END = "<!-- tickborg:answer -->", "<!-- /tickborg:answer -->"
"""What an answer is found again by, so that the next one takes its place; nobody sees it."""
_ANSWER = re.compile(f"{_BEGIN}.*?{_END}\\s*", re.DOTALL)
_REASON_LIMIT = 300


def on(repo: RepositoryName, build: BuildReference, head_sha: str, text: str) -> CheckRunAnswer:
    """The answer on the check run of ``build``."""
    return CheckRunAnswer(
        repo=repo,
        head_sha=head_sha,
        name=check_runs.name_of(build),
        external_id=external_id(repo, build),
        text=text,
    )


def above(summary: str, text: str) -> str:
    """A check run's summary with an answer above it, in place of an earlier one."""
    answer = f"{_BEGIN}\n\n**Your button:** {text}\n\n{_END}\n\n"
    return answer + _ANSWER.sub("", summary)[: CHECK_OUTPUT_LIMIT - len(answer)]


def may_not_press(login: str, branch: str) -> str:
    """A button of a branch's build, pressed by somebody who may not push."""
    return (
        f"@{login} may not have builds of {code(branch)} run or cancelled: that is for people who may push;"
        " ask one of them."
    )


def closed(number: int) -> str:
    """A button of a pull request that is closed."""
    return f"#{number} is closed, so nothing is built. Reopen it first, and press again."


def nothing_to_cancel(project: str) -> str:
    """*Cancel* of a build that does not run."""
    return f"there is nothing to cancel: this build of {code(project)} has ended."


def failed(reason: str) -> str:
    """The bot could not find out what the button asks for, or hand it on."""
    return f"tickborg failed, not your change: {_reason(reason)}. Press again later."


def cannot_be_built(build: BuildReference, head_sha: str, fault: str) -> str:
    """A commit of a branch that lacks the project, or whose project file has a ``fault``."""
    reason = _reason(fault.splitlines()[0]) if fault else f"that commit has no project {code(build.project)}"
    return (
        f"{code(build.project)} on {build.system} cannot be built of {code(short_sha(head_sha))}: {reason}."
        " Press the button of a commit where that is mended."
    )


def gone(build: BuildReference, head_sha: str) -> str:
    """A commit of a branch that was pushed over."""
    return (
        f"{code(build.project)} on {build.system} is not run again: {code(short_sha(head_sha))} is no longer"
        " on GitHub. Use the button of a commit that is."
    )


def _reason(reason: str) -> str:
    return prose(shorten(reason, _REASON_LIMIT)).rstrip(".")
