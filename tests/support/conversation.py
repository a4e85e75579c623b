"""What tests wait for and read while people talk to the bot: its answers, and check runs."""

from emulator.rendering import check_runs_of, head_check_runs
from emulator.state import CheckRun, Comment, PullRequest, Repository
from tests.support.shown import all_check_runs, timeless
from tests.support.site import SYSTEM, Site
from tickborg.github import reply_marker

PUSHED = f"greeting on {SYSTEM} (push to main)"


async def answer_to(site: Site, pull: PullRequest, asked: Comment) -> str:
    """Wait for the bot's one answer to a comment."""
    marker = reply_marker(asked.id)
    await site.github.until(lambda: any(marker in each.body for each in pull.comments), within=60)
    [answer] = [each.body for each in pull.comments if marker in each.body]
    return answer.replace(marker, "").strip()


def titles(pull: PullRequest, name: str) -> list[str]:
    """What every check run of that name says, the oldest first; those that are asked for again are others."""
    return [timeless(run.output.title) or "" for run in all_check_runs(pull) if run.name == name]


async def until_newest(site: Site, pull: PullRequest, name: str, title: str) -> CheckRun:
    """Wait until the newest check run of that name begins so."""

    def newest() -> CheckRun | None:
        runs = [run for run in head_check_runs(pull) if run.name == name]
        return next((run for run in runs if (run.output.title or "").startswith(title)), None)

    return await site.github.until(newest, within=60)


def says(pull: PullRequest, text: str) -> bool:
    """Whether a comment contains ``text``."""
    return any(text in each.body for each in pull.comments)


def runs_of_main(repository: Repository) -> list[CheckRun]:
    """The check runs of the newest commit of ``main``, of each name the newest."""
    return check_runs_of(repository, repository.branches["main"])


def newest_of_main(repository: Repository, project: str = "greeting") -> CheckRun | None:
    """The newest check run of a project there, if there is one."""
    name = PUSHED.replace("greeting", project)
    return next((run for run in runs_of_main(repository) if run.name == name), None)


async def until_pushed(site: Site, repository: Repository) -> None:
    """Wait until the newest push has been built, and its owner has ended."""

    def built() -> bool:
        runs = runs_of_main(repository)
        return bool(runs) and all(run.conclusion for run in runs)

    await site.github.until(built, within=60)
    await site.pushed(repository)
