"""Whatever people do to a branch, and in whatever order webhooks come: its owner ends where the branch is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.support.samples import NOON, REPO, TREE
from tickborg.events.pushes import ZERO_SHA, PushEvent
from tickborg.jobs import PushJob, PushReport
from tickborg.push_memory import PushLook, PushMemory
from tickborg.push_planning import look_at

MAIN = "refs/heads/main"
HISTORIES = 1_500


@dataclass
class Branch:
    """A branch of a repository: what it points at, each commit's parent, and what GitHub told of it."""

    tip: str = ZERO_SHA
    parents: dict[str, str] = field(default_factory=dict)
    told: list[PushEvent] = field(default_factory=list)

    def push(self, after: str) -> None:
        """Point somewhere else; of a deletion the owner hears nothing."""
        push = PushEvent(
            delivery=f"delivery {len(self.told)}",
            repo=REPO,
            ref=MAIN,
            before=self.tip,
            after=after,
            pusher="ada",
            default_branch="trunk",
        )
        self.tip = after
        self.told.append(push)

    def commit(self, parent: str) -> str:
        """A commit that was not there before."""
        sha = f"{len(self.parents) + 1:040x}"
        self.parents[sha] = parent
        return sha

    def history(self, sha: str | None) -> list[str]:
        """A commit, and all that it was made from, newest first."""
        found = []
        while sha is not None and sha in self.parents:
            found.append(sha)
            sha = self.parents[sha]
        return found

    def report(self, job: PushJob) -> PushReport:
        """What git says of a push."""
        tip = self.tip if job.known and self.tip != ZERO_SHA else None
        return PushReport(tree=TREE, tip=tip, behind=self._is_behind(job))

    def changed(self, job: PushJob) -> tuple[str, ...]:
        """Each commit changes a project of its own; what was rewritten is compared with its beginning."""
        history = self.history(job.after)
        begin = history.index(job.before) if job.before in history else len(history)
        return tuple(history[:begin])

    def _is_behind(self, job: PushJob) -> bool:
        if self.tip == ZERO_SHA:
            return job.after in self.history(job.known)
        return job.known in self.history(self.tip) and job.known not in self.history(job.after)


@dataclass
class Owner:
    """What ``Push`` does with its memory, without Temporal."""

    branch: Branch
    memory: PushMemory = field(default_factory=lambda: PushMemory(repo=REPO, branch="main"))
    looking: tuple[PushEvent, PushJob] | None = None
    """What is being looked at, as it was when that began."""
    built: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each project was built of each commit."""
    kept: set[tuple[str, str]] = field(default_factory=set)
    """Builds that are remembered, and are not made again."""

    def hear(self, push: PushEvent) -> None:
        """Hear from the webhook."""
        if push.after != ZERO_SHA and self.memory.first_sight(push.delivery, NOON):
            self.memory.take(push)
            self._forget()

    def look(self, *, fails: bool = False) -> None:
        """Begin to look at what waits, or see what came of that."""
        if self.looking is None:
            about = self.memory.next_look()
            if isinstance(about, PushEvent):
                self.looking = about, look_at(REPO, "main", about, self.memory.doubted)
            return
        (about, job), self.looking = self.looking, None
        report = self.branch.report(job)
        if fails:
            report = report.model_copy(update={"project_file_error": "line 1: is bad"})
        self.memory.strike_off(about)
        self._take_in(about, PushLook(about=about, report=report), self.branch.changed(job))
        self._forget()

    def look_at_all(self) -> None:
        """Look until nothing waits."""
        while self.looking or self.memory.looking_for_more:
            self.look()

    def _take_in(self, push: PushEvent, look: PushLook, changed: tuple[str, ...]) -> None:
        memory = self.memory
        memory.settle(push, look)
        if look.found is not None:
            memory.learn(push, changed)
        else:
            memory.owe(push)
        if memory.looking_for_more:
            return
        assert memory.head is not None
        if push.after != memory.head.after:
            memory.look_again()
        elif look.found is not None:
            self._build(push.after)
            memory.look_again()

    def _build(self, sha: str) -> None:
        wanted = {(sha, project) for project in self.memory.wanted}
        self.built.update(wanted - self.kept)
        self.kept |= wanted
        self.memory.wanted = ()

    def _forget(self) -> None:
        if self.memory.doubted is None and self.memory.head is not None:
            self.kept = {build for build in self.kept if build[0] == self.memory.head.after}

    def end(self) -> None:
        """End, if there is nothing to do, and begin again with what is left."""
        if self.memory.settled:
            last, self.memory = self.memory, PushMemory(repo=REPO, branch="main")
            self.memory.adopt(last, NOON + timedelta(days=1))


def play(chance: Random, kinds: Sequence[str], *, failing: int = 0) -> Owner:
    """Push, hear, look and end as chance has it; at last hear and look at all that is left.

    Where looks fail, one more push comes in the end: an owner waits for that with what it could not find out.
    """
    branch = Branch()
    owner = Owner(branch)
    branch.push(branch.commit(""))
    unheard = list(branch.told)
    for step in chance.choices(
        ("act", "hear", "again", "look", "end", "fail"), (4, 3, 1, 4, 1, failing), k=chance.randint(4, 20)
    ):
        match step:
            case "act":
                act(chance, branch, chance.choice(kinds))
                unheard.append(branch.told[-1])
            case "hear" if unheard:
                owner.hear(unheard.pop(chance.randrange(len(unheard))))
            case "again":
                owner.hear(chance.choice(branch.told))
            case "look" | "fail":
                owner.look(fails=step == "fail")
            case "end":
                owner.end()
    for push in chance.sample(unheard, len(unheard)):
        owner.hear(push)
        if chance.random() < 0.5:
            owner.look()
    if failing:
        owner.look_at_all()
        act(chance, branch, "commit")
        owner.hear(branch.told[-1])
    owner.look_at_all()
    return owner


def act(chance: Random, branch: Branch, kind: str) -> None:
    """Do to the branch what people do."""
    commits = sorted(branch.parents)
    if branch.tip == ZERO_SHA:
        branch.push(chance.choice(commits))
    elif kind == "commit":
        branch.push(branch.commit(branch.tip))
    elif kind == "commits":
        branch.push(branch.commit(branch.commit(branch.tip)))
    elif kind == "rewrite":
        branch.push(branch.commit(chance.choice(commits)))
    elif kind == "delete":
        branch.push(ZERO_SHA)
    else:
        others = [sha for sha in commits if sha != branch.tip]
        branch.push(chance.choice(others) if others else ZERO_SHA)


def test_an_owner_ends_where_the_branch_is() -> None:
    """Pushed on, rewritten, set back, deleted, made again: what it is at is built, and nothing lost."""
    for seed in range(HISTORIES):
        owner = play(Random(seed), ("commit", "commits", "rewrite", "back", "delete"))
        tip, head = owner.branch.tip, owner.memory.head
        assert head is not None
        if tip != ZERO_SHA:
            assert head.after == tip, seed
            assert any(sha == tip for sha, _ in owner.built), seed
        pushed = {push.after for push in owner.branch.told} - {ZERO_SHA}
        assert pushed <= {project for _, project in owner.built}, seed


def test_nothing_is_built_twice_of_a_branch_that_was_never_back() -> None:
    """However late, early and often its owner hears: each commit is the newest once, if ever."""
    for seed in range(HISTORIES):
        owner = play(Random(seed), ("commit", "commits", "rewrite"))
        assert set(owner.built.values()) == {1}, seed


def test_what_cannot_be_looked_at_is_built_with_what_can() -> None:
    """In whatever order it comes, of all that the branch is made from in the end nothing is lost."""
    for seed in range(HISTORIES):
        owner = play(Random(seed), ("commit", "commits", "rewrite", "back", "delete"), failing=3)
        branch, memory = owner.branch, owner.memory
        assert memory.settled, seed
        assert memory.head is not None
        assert memory.head.after == branch.tip, seed
        pushed = {push.after for push in branch.told}
        built = {project for _, project in owner.built}
        assert pushed.intersection(branch.history(branch.tip)) <= built, seed
