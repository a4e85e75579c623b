"""The command line, ``tickborg``."""

import asyncio
import gc
import logging
import os
import signal
import sys
import traceback
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

from tickborg.errors import TickborgError
from tickborg.services import Service
from tickborg.systems import System

if TYPE_CHECKING:
    from tickborg.settings import Settings

app = typer.Typer(
    name="tickborg",
    help="The CI bot of a monorepo: pull requests become durable Temporal workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NOT_EVALUATED = 2
"""How a trial ends that came to nothing, through a fault of tickborg's own too."""
USAGE_ERROR = 3
INTERRUPTED = 130
TERMINATED = 143
UNREAD = 141
"""Nobody reads any more what is printed: what a shell says of a program that SIGPIPE ended."""
_TYPER_USAGE_ERROR = 2


@app.callback()
def tickborg() -> None:
    """The CI bot of a monorepo: pull requests become durable Temporal workflows."""


StateOption = Annotated[
    Path | None, typer.Option("--state", help="Folder for all state; without it a temporary one.")
]


@app.command()
def demo(
    state: StateOption = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")] = False,
) -> None:
    """Show what happens to pull requests on a sample monorepo, with everything embedded."""
    from cli.demo.show import demo as show  # noqa: PLC0415 - a command pays only for itself

    say_no_failed_activities()
    run(show(Console(), state, keep=keep))


@app.command(name="try")
def try_(  # noqa: PLR0913 - options of the command line
    repo: Annotated[Path, typer.Option("--repo", help="Any git repository; it is left untouched.")] = Path(),
    base: Annotated[str, typer.Option("--base", help="What the change is merged with.")] = "main",
    head: Annotated[str, typer.Option("--head", help="The change: a branch, tag or commit.")] = "HEAD",
    *,
    build: Annotated[bool, typer.Option("--build/--no-build", help="Build the changed projects.")] = True,
    test: Annotated[bool, typer.Option("--test", help="Run their tests too.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of a live view.")
    ] = False,
    state: StateOption = None,
) -> None:
    """Evaluate and build a branch of a local repository, as the bot would do it on GitHub.

    Ends with 0 for success, 1 for a failed build or check, 2 for a conflict, an evaluation that failed or a
    failure of tickborg's own, 3 for a usage error.
    """
    from cli.local_repository import LocalRepository  # noqa: PLC0415 - a command pays only for itself

    async def tried() -> int:
        source = LocalRepository(repo)
        change = source.change(base, head)  # a typo is told before all else is loaded
        from cli.trial import Trial, attempt  # noqa: PLC0415

        trial = Trial(repo, base, head, build, test, as_json, state)
        return await attempt(trial, source, change, Console())

    say_no_failed_activities()
    run(tried(), crashed=NOT_EVALUATED)


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The settings; without it TICKBORG_CONFIG, then ./tickborg.toml."),
]

_SERVICES = {
    Service.UP: "Run all services in one process, with embedded servers unless some are configured.",
    Service.WEBHOOK: "Hear GitHub: check webhooks and make them durable in Temporal.",
    Service.WORKER: "Decide, talk to GitHub, fetch and merge.",
    Service.BUILDER: "Build contributors' code in a sandbox.",
    Service.LOGS: "Write build logs from RabbitMQ into the log store.",
    Service.STATS: "Count events from RabbitMQ, and serve /metrics.",
    Service.DASHBOARD: "Show pull requests and logs.",
}


def _builder(
    system: Annotated[
        list[System] | None,
        typer.Option(
            "--system",
            help="Build for this system, and for each that is given so, in place of `[builder] systems`, "
            "which is what `tickborg health builder` goes by.",
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    _serve(Service.BUILDER, _settings(config, Service.BUILDER).building_for(system or ()))


def _add_service(name: Service, summary: str) -> None:
    def service(config: ConfigOption = None) -> None:
        _serve(name, _settings(config, name))  # first: whoever mistyped one need not wait for the rest

    app.command(name=name.value, help=summary)(_builder if name is Service.BUILDER else service)


def _serve(name: Service, settings: "Settings") -> None:
    from cli import processes  # noqa: PLC0415 - a command pays only for itself

    start_logging()
    run(getattr(processes, name.value)(settings))


for _name, _summary in _SERVICES.items():
    _add_service(_name, _summary)


@app.command()
def replay(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Histories: `temporal workflow show -o json`.")
    ] = None,
    workflow_id: Annotated[
        list[str] | None, typer.Option("--workflow-id", help="Fetch this workflow's history from the server.")
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", help='All that are found, e.g. ExecutionStatus="Running".')
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Replay histories against the code at hand; ends with 1 if it would decide otherwise."""
    from cli import replaying  # noqa: PLC0415 - a command pays only for itself

    run(replaying.show(files or [], workflow_id or [], query, lambda: _settings(config), Console()))


config_app = typer.Typer(help="Look at what people configure.", no_args_is_help=True)
app.add_typer(config_app, name="config")


@config_app.command()
def check(
    path: Annotated[
        Path, typer.Argument(help="A git repository, a folder, or a project file of any name.")
    ] = Path(),
    ref: Annotated[
        str | None,
        typer.Option("--ref", help="Read this branch, tag or commit instead of the files on disk."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say what would be built and why, as .tickborg.toml or the build files have it.

    Ends with 0 if the project file is good, or there is none; with 2 if it is bad; with 3 for a usage error.
    """
    from cli import config_check  # noqa: PLC0415 - a command pays only for itself

    try:
        status = config_check.check(path, ref, as_json=as_json, say=print)
    except TickborgError as error:
        fail(error)
    end(status)


@config_app.command(name="settings")
def settings_(config: ConfigOption = None) -> None:
    """Say what is wrong with tickborg.toml, or which services it suffices; ends with 3 if it is bad."""
    from cli import settings_check  # noqa: PLC0415 - a command pays only for itself

    try:
        settings_check.check(config, os.environ, Path.cwd(), print)
    except TickborgError as error:
        fail(error)
    end(0)


@app.command()
def setup(config: ConfigOption = None) -> None:
    """Make the Temporal namespace ready: itself, how long it keeps histories, search attributes, schedules.

    May be run at any time, and again: what is right already stays as it is.
    """
    from cli import setup as namespace_setup  # noqa: PLC0415 - a command pays only for itself

    run(namespace_setup.show(_settings(config), Console()))


@app.command()
def doctor(
    config: ConfigOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Look for what is set up wrong: the GitHub App, Temporal, RabbitMQ, clocks, workers, schedules.

    Ends with 1 if there is something to put right. It changes nothing; to see in which order Temporal hands
    out work, it starts a dozen workflows called tickborg-doctor, and terminates them within a second.
    """
    from cli.doctor import show  # noqa: PLC0415 - a command pays only for itself

    run(show.show(_settings(config), Console(), as_json=as_json))


@app.command()
def reconcile(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    config: ConfigOption = None,
) -> None:
    """Catch up with GitHub at once: what it could not deliver, and what nobody was told of.

    A schedule does the same every few minutes. Ends with 1 if something is left to do.
    """
    from cli import reconcile as catching_up  # noqa: PLC0415 - a command pays only for itself

    run(catching_up.show(_settings(config), Console(), as_json=as_json))


@app.command()
def health(
    service: Annotated[Service, typer.Argument(help="A service that runs on this host.")],
    config: ConfigOption = None,
) -> None:
    """Ask whether a service of this host does its work; ends with 1 if it does not.

    For health checks of containers: it looks where the others look, at the service's own port, at its
    heartbeats in Temporal or at its consumer in RabbitMQ.
    """
    from cli import health as service_health  # noqa: PLC0415 - a command pays only for itself

    run(service_health.show(_settings(config, service), service, Console()))


def _settings(config: Path | None, service: Service | None = None) -> "Settings":
    """All settings; with a service, those that it cannot do without are there."""
    from cli.settings import load_settings, require  # noqa: PLC0415 - a command pays only for itself

    try:
        settings = load_settings(config, os.environ, Path.cwd())
        if service is not None:
            require(settings, service)
    except TickborgError as error:
        fail(error)
    return settings


_LIBRARY_LEVELS = {
    "aiormq": logging.CRITICAL,  # an error at each attempt to connect, of which messaging.amqp tells once
    "httpx2": logging.WARNING,
    "temporalio.worker._worker": logging.WARNING,
}


def start_logging() -> None:
    """Log to standard error, a line for each thing that happened."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    for library, level in _LIBRARY_LEVELS.items():
        logging.getLogger(library).setLevel(level)


def say_no_failed_activities() -> None:
    """Where a person is shown what came of it, a traceback of each failure is noise; bugs are still told."""
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)


def run(work: Coroutine[Any, Any, int | None], *, crashed: int = 1) -> None:
    """Run a command's coroutine, and end the process with its exit status; ``crashed`` is that of a bug.

    It does not return: the SDK's native part can abort a process that ends by itself on Python 3.11, so
    everything is flushed and the process ends at once.
    """
    gc.freeze()  # what was imported stays, so nobody need ever search it for garbage
    gc.enable()
    try:
        status = asyncio.run(_until_terminated(work)) or 0
    except KeyboardInterrupt:
        status = INTERRUPTED
    except asyncio.CancelledError:
        status = TERMINATED
    except TickborgError as error:
        fail(error)
    except BrokenPipeError:
        status = UNREAD
    except Exception:  # noqa: BLE001 - the interpreter's own way to end with one may abort
        traceback.print_exc()
        status = crashed
    end(status)


async def _until_terminated(work: Coroutine[Any, Any, int | None]) -> int | None:
    """SIGTERM ends a command as Ctrl-C does, leaving nothing; services listen to it in their own way."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def fail(error: TickborgError) -> NoReturn:
    """Say what is wrong, and end the process."""
    Console(stderr=True).print(f"tickborg: {error}", markup=False, highlight=False, soft_wrap=True)
    end(USAGE_ERROR)


def end(status: int) -> NoReturn:
    """Flush what was printed and end the process at once."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def main() -> None:
    """The console script. A usage error ends with 3, since 1 and 2 say how a trial went.

    Imports leave no garbage, and to search for it would take a tenth of the time of the start.
    """
    gc.disable()
    try:
        app()
    except SystemExit as ended:
        end(USAGE_ERROR if ended.code == _TYPER_USAGE_ERROR else int(ended.code or 0))
