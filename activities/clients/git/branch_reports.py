"""What a branch holds, and what a push to it changes (design, sections 3 and 7)."""

import pygit2

from activities.clients.git.history import subjects
from activities.clients.git.object_store import tree_of
from activities.clients.git.target_projects import projects_or_fault
from activities.clients.git.trees import Entry, Trees
from tickborg.changes import SUBJECTS_LIMIT, change_facts
from tickborg.jobs import ProjectsJob, ProjectsReport, PushJob, PushReport


def projects_report(job: ProjectsJob, repo: pygit2.Repository, sha: str) -> ProjectsReport:
    """The projects as they are at a commit that the mirror has."""
    root = Entry.of_tree(tree_of(repo, sha))
    projects, fault = projects_or_fault(Trees(repo), root, job.repo)
    return ProjectsReport(base_sha=sha, projects=projects, project_file_error=fault)


def push_report(job: PushJob, repo: pygit2.Repository, since: str | None) -> PushReport:
    """What is new since a commit in the history of what was pushed; since None: all of it."""
    trees, tree = Trees(repo), tree_of(repo, job.after)
    root = Entry.of_tree(tree)
    projects, fault = projects_or_fault(trees, root, job.repo)
    before = None if since is None else Entry.of_tree(tree_of(repo, since))
    paths = trees.changed_paths(before, root)
    said = subjects(repo, job.after, hidden=since, limit=SUBJECTS_LIMIT)
    return PushReport(
        tree=tree,
        since=since,
        projects=projects,
        project_file_error=fault,
        changes=change_facts(projects, paths, said),
    )
