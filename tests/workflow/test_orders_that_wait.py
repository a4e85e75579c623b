"""Orders that wait for a merge, or for its projects: what comes meanwhile, and what is said of them."""

from tests.support.asking import comment, until_seen
from tests.support.fake_repositories import BASE_SHA, make_project
from tests.support.workflow_bench import HEAD, NUMBER, PROJECTS, REPO, Bench
from tests.workflow.conftest import NewBench
from tickborg.github import CheckConclusion, late_reply_prefix
from tickborg.jobs import ProjectsJob, ProjectsReport
from tickborg.policy import Policy
from tickborg.projects import ProjectSet

NEXT_BASE = "e" * 40


async def test_what_is_built_while_an_order_waits_is_what_it_asks_for(bench: Bench) -> None:
    """The automatic build has ended by the time that the order is carried out, and still it is that one."""
    gate, projects = bench.repositories.hold(HEAD), bench.repositories.hold_projects()
    await bench.open("cgit")
    await until_seen(bench, await comment(bench, "@tickbot build cgit"))
    gate.set()
    await bench.until_check_run("cgit", CheckConclusion.SUCCESS)
    await bench.until_ended("Build")
    projects.set()
    await comment(bench, "@tickbot build cmark")
    await bench.until_check_run("cmark", CheckConclusion.SUCCESS)
    assert len(bench.check_run_history("cgit")) == 1


async def test_a_comment_of_many_orders_is_answered_once(new_bench: NewBench) -> None:
    """Nothing comes of any of them for a newcomer, and one sentence says so."""
    bench = await new_bench(policy=Policy(require_approval=True))
    gate = bench.repositories.hold(HEAD)
    pull = await bench.open("cgit", author_association="FIRST_TIME_CONTRIBUTOR")
    orders = [f"@tickbot {verb} {name}" for verb in ("build", "test") for name in ("cgit", "cmark", "meshmc")]
    asked = await comment(bench, "\n".join(orders), by="eve")
    await until_seen(bench, asked)
    gate.set()
    await bench.until_commented("@eve: `cgit`, `cmark`, `meshmc` will not be built: somebody who may push")
    await bench.close(pull)
    await bench.first_run().result()
    said = (each.body for each in bench.github.bot_comments(REPO, NUMBER))
    assert len([body for body in said if late_reply_prefix(asked.id) in body]) == 1


async def test_a_project_that_the_target_branch_has_gained_is_a_merge_away(new_bench: NewBench) -> None:
    """It is there, but not where the head was merged; the cure that is named is one."""
    new = make_project("new"), make_project("newer")
    bench = await new_bench(projects=(*PROJECTS, *new))

    def read_projects(job: ProjectsJob) -> ProjectsReport:
        old = job.base_sha == BASE_SHA
        projects = ProjectSet(projects=PROJECTS if old else (*PROJECTS, *new))
        return ProjectsReport(base_sha=job.base_sha or NEXT_BASE, projects=projects)

    bench.repositories.read_projects = read_projects  # type: ignore[method-assign]
    await bench.open("cgit")
    await comment(bench, "@tickbot build new\n@tickbot test newer")
    said = await bench.until_commented("`new`, `newer` cannot be built")
    assert f"no projects of these names at `{BASE_SHA[:7]}`, which this head is merged with" in said
    assert (
        "`@tickbot eval`, by the author or by somebody who may push, merges it with `main` as it is" in said
    )
    bench.repositories.touch(HEAD, "cgit", base_sha=NEXT_BASE)
    await comment(bench, "@tickbot eval\n@tickbot build new")
    await bench.until_check_run("new", CheckConclusion.SUCCESS)
