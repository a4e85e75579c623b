"""A stand-in GitHub for `tickborg demo`, `tickborg try` and the tests: stateful, over HTTP, on loopback.

Make one, put a bare repository and an App on it, serve it, and act as the people who use it:

    github = EmulatedGitHub()
    repository = github.create_repository("project-tick/mono", bare_repository, private=True)
    app = github.create_app("tickbot", webhook_secret=secret)  # app.id, app.private_key
    github.install(app, repository)
    github.collaborate(repository, "maya", "write")

    async with serve(github) as url:  # REST at url, git at url/project-tick/mono.git
        app.webhook_url = f"{webhook}/github-webhook"  # none: nobody is told
        alice = Person(github, "alice")
        alice.commit(repository, "feature", {"cgit/ui.c": b"int ui;"}, "cgit: add ui")
        pull = alice.open_pull_request(repository, head="feature", title="cgit: add ui")
        await github.until(lambda: pull.labels)
        print(pull_request_text(pull))

People act at once and in plain calls; the signed webhooks of an act are under way when it returns
(`github.webhooks.settled()` waits for the answers, `app.deliveries` keeps them, `github.webhooks.lose()`
loses them). What the bot does over HTTP changes the same state and causes the same webhooks.
`github.journal` has every call, `github.until` waits for anything to become true, `github.faults` fail calls:

    github.faults.add("POST /repos/{owner}/{repo}/statuses/{sha}", Fails(502), times=3)
    github.faults.add("POST /repos/{owner}/{repo}/check-runs", Drops(carried_out=True))

Modules: `state` is what is remembered, `payloads` shows it as GitHub's JSON, the modules named after nouns
(`pulls`, `pushes`, `issues`, `comments`, `statuses`, `checks`) change it, `people` and `routes` are the two
ways to ask for that, `gate` and `server` are HTTP, `git_http` is git. What the bot never asks for (reviews,
milestones, GraphQL) is not there.
"""

from emulator.changes import NeverHappenedError
from emulator.faults import Breaks, Delays, Drops, Exhausted, Fails, Garbles, Stale, TooFast
from emulator.github import EmulatedGitHub
from emulator.people import Person
from emulator.rendering import branch_text, pull_request_text
from emulator.server import serve

__all__ = [
    "Breaks",
    "Delays",
    "Drops",
    "EmulatedGitHub",
    "Exhausted",
    "Fails",
    "Garbles",
    "NeverHappenedError",
    "Person",
    "Stale",
    "TooFast",
    "branch_text",
    "pull_request_text",
    "serve",
]
