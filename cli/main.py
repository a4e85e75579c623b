"""The command line, ``tickborg``."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tickborg.errors import TickborgError

app = typer.Typer(
    name="tickborg",
    help="The CI bot of a monorepo: pull requests become durable Temporal workflows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

USAGE_ERROR = 3



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

    run(show(Console(), state, keep=keep))


def run(work: Coroutine[Any, Any, int | None]) -> None:
    """Run a command's coroutine, and end the process with its exit status.

    It does not return: the SDK's native part can abort a process that ends by itself on Python 3.11, so
    everything is flushed and the process ends at once.
    """
    try:
        status = asyncio.run(work) or 0
    except KeyboardInterrupt:
        status = 130
    except TickborgError as error:
        Console(stderr=True).print(f"tickborg: {error}", markup=False, highlight=False, soft_wrap=True)
        status = USAGE_ERROR
    end(status)


def end(status: int) -> None:
    """Flush what was printed and end the process at once."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def main() -> None:
    """The console script."""
    app()
