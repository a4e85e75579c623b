"""The people of a plan at work on the emulated GitHub."""

from pathlib import Path

from cli.demo.sample import create
from emulator import EmulatedGitHub, Person
from emulator.state import App, PullRequest, Repository
from tests.chaos.ledger import Done, Head, Ledger
from tests.chaos.plan import MAINTAINER, Act, Close, Open, Press, Push, PushTrunk, Ready, Reopen, Say
from tests.chaos.recipes import STORY, TRUNK, Recipe, monorepo
from tests.support.settings_folder import FETCHER

REPOSITORY = "acme/forest"
_TOLD_TWO_WAYS = {STORY: b"Twice upon\n"}


class People:
    """Carries out acts, each of which is entered into the ledger."""

    def __init__(self, github: EmulatedGitHub, app: App, folder: Path) -> None:
        create(folder / "forest.git", monorepo())
        self.repository: Repository = github.create_repository(
            REPOSITORY, folder / "forest.git", private=True
        )
        self.ledger = Ledger()
        self._github = github
        self._app = app
        maya = self._person(MAINTAINER)
        github.collaborate(self.repository, MAINTAINER, "write")
        github.collaborate(self.repository, FETCHER, "read")
        self._beginning = self.repository.branches["main"]
        # From now on whoever tells another story, and has not heard of this one, is in conflict.
        self._main = maya.commit(self.repository, "main", {STORY: b"Once upon a time\n"}, "Begin")
        github.install(app, self.repository)

    def pull(self, number: int) -> PullRequest:
        """A pull request by its number."""
        return self.repository.pull(number)

    def do(self, act: Act) -> None:
        """Carry out one act."""
        match act:
            case Open():
                self._open(act)
            case Push():
                self._push(act)
            case Say():
                self._say(act)
            case Press():
                self._press(act)
            case Close():
                self._close(act)
            case Reopen():
                self._person(MAINTAINER).reopen(self.pull(act.pull))
                self._enter(act)
            case Ready():
                self._person(MAINTAINER).mark_ready(self.pull(act.pull))
                self._enter(act)
            case PushTrunk():
                self._push_trunk(act)

    def close_all(self) -> None:
        """Close what is open. Nothing is asked for by that."""
        for pull in self.repository.pulls:
            if pull.state == "open":
                self._person(MAINTAINER).close(pull)

    def _open(self, act: Open) -> None:
        author, branch = self._person(act.author), _branch(act.pull)
        onto = self._beginning if act.conflicting else self._main
        files = _TOLD_TWO_WAYS if act.conflicting else {}
        sha = author.commit(
            self.repository, branch, {**files, **_files(act.pull, act.recipes)}, "Change", onto=onto
        )
        pull = author.open_pull_request(
            self.repository, head=branch, title=f"Change number {act.pull}", draft=act.draft
        )
        assert pull.number == act.pull, "pull requests are opened in the order of their numbers"
        self._enter_head(Head(sha, act.pull, dict(act.recipes), act.conflicting))
        self._enter(act)

    def _push(self, act: Push) -> None:
        pull = self.pull(act.pull)
        before = self.ledger.heads[pull.head_sha]
        author = Person(self._github, pull.author.login)
        sha = author.commit(
            self.repository,
            _branch(act.pull),
            _files(act.pull, act.recipes),
            "Change again",
            onto=self._main if act.forced else None,
        )
        recipes = dict(act.recipes) if act.forced else {**before.recipes, **dict(act.recipes)}
        self._enter_head(Head(sha, act.pull, recipes, before.conflicting and not act.forced))
        self._enter(act)

    def _say(self, act: Say) -> None:
        told = len(self._app.deliveries)
        comment = self._person(act.person).comment(self.pull(act.pull), act.words)
        heard = len(self._app.deliveries) > told
        self.ledger.done.append(Done(act, self.pull(act.pull).head_sha, comment.id, heard))

    def _press(self, act: Press) -> None:
        runs = [
            run
            for run in self.repository.check_runs.values()
            if run.suite.head_sha == self.pull(act.pull).head_sha and run.status == "completed"
        ]
        if runs:
            self._person(act.person).rerun(runs[-1])
            self._enter(act)

    def _close(self, act: Close) -> None:
        person, pull = self._person(MAINTAINER), self.pull(act.pull)
        if act.merged:
            sha = person.merge(pull)
            self._enter_head(Head(sha, None, {}))
        else:
            person.close(pull)
        self._enter(act)

    def _push_trunk(self, act: PushTrunk) -> None:
        files = {f"{TRUNK}/recipe": act.recipe.file(TRUNK)}
        sha = self._person(MAINTAINER).commit(self.repository, "main", files, "Grow")
        self._enter_head(Head(sha, None, {TRUNK: act.recipe}))
        self.ledger.done.append(Done(act, sha))

    def _enter_head(self, head: Head) -> None:
        self.ledger.heads[head.sha] = head

    def _enter(self, act: Act) -> None:
        assert not isinstance(act, PushTrunk)
        self.ledger.done.append(Done(act, self.pull(act.pull).head_sha))

    def _person(self, login: str) -> Person:
        return Person(self._github, login)


def _branch(pull: int) -> str:
    return f"change-{pull}"


def _files(pull: int, recipes: tuple[tuple[str, Recipe], ...]) -> dict[str, bytes]:
    notes = {f"notes/{pull}.md": f"{recipes}\n".encode()}
    return {**notes, **{f"{project}/recipe": recipe.file(project) for project, recipe in recipes}}
