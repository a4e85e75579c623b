"""``python -m tests.chaos --seed 7 --pulls 100``: the bot in a storm, and held to account afterwards.

Real processes of all services, a real Temporal server and RabbitMQ node, and an emulated GitHub, on which
people open pull requests, push, comment and close while all of these are broken. The same seed is the same
plan, which ``--plan`` prints. At the end every promise of :mod:`tests.chaos.audit` must have been kept: exit
status 1 names those that were not. A run that is not over in time ends too, says where it stands, and leaves
nothing but its folder.
"""

import argparse
import asyncio
import faulthandler
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.chaos.audit import verdicts
from tests.chaos.case import Case
from tests.chaos.gathering import processes_of
from tests.chaos.people import REPOSITORY
from tests.chaos.plan import Plan, plan
from tests.chaos.run import Outcome, Terms, carry_out
from tests.chaos.survived import counted, table_of_faults, table_of_promises
from tests.support.tools import need
from tickborg.github import RepositoryName

REST_SECONDS = 480.0
"""On a quiet machine it needs a minute, and five on one that does ten things at once."""
LIMIT_SECONDS = 1200.0

_LAST_RESORT_SECONDS = 180.0
"""After the limit: a run that cannot even be ended is ended by force, and says where its threads are."""
_BY_HAND = 130
"""As shells have it."""
_WIDTH = 100
"""Of a log in CI."""


def main() -> int:
    """Run, and return the exit status."""
    asked = _arguments()
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDTH)
    broken = False
    for seed in range(asked.seed, asked.seed + asked.runs):
        planned = plan(seed, asked.pulls, asked.scale)
        if asked.plan:
            console.print(str(planned), markup=False)
            continue
        console.print(f"seed {seed}: {len(planned.acts)} acts of people, {len(planned.faults)} faults")
        broken |= not _run_once(console, asked, planned)
    return int(broken)


def _run_once(console: Console, asked: argparse.Namespace, planned: Plan) -> bool:
    """Whether every promise was kept."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="tickborg-chaos-"))

    def tell(text: str) -> None:
        console.print(f"  {time.monotonic() - started:5.0f} s  {text}")

    limit = asked.limit * asked.scale
    terms = Terms(folder, asked.scale, asked.rest * asked.scale, tell)
    faulthandler.dump_traceback_later(limit + _LAST_RESORT_SECONDS, exit=True)
    kept = False
    try:
        outcome = asyncio.run(_within(limit, planned, terms))
        kept = _report(console, planned, outcome)
    except TimeoutError as error:
        console.print(f"seed {planned.seed}: {error}", markup=False)
    except KeyboardInterrupt:
        console.print(f"seed {planned.seed}: ended by hand")
        raise SystemExit(_BY_HAND) from None
    finally:
        faulthandler.cancel_dump_traceback_later()
        if kept and not asked.keep:
            shutil.rmtree(folder)
        else:
            _tell_what_is_left(console, folder)
    came_to = "every promise was kept" if kept else "NOT every promise was kept"
    console.print(f"seed {planned.seed}: {came_to}, in {time.monotonic() - started:.0f} s")
    return kept


async def _within(limit: float, planned: Plan, terms: Terms) -> Outcome:
    """A run that takes no longer.

    Raises:
        TimeoutError: it was not over, and has been ended.
    """
    run = asyncio.create_task(carry_out(planned, terms))
    stacks = terms.folder / "tasks"
    try:
        await asyncio.wait({run}, timeout=limit)
        if run.done():
            return run.result()
        with stacks.open("w") as file:
            for task in asyncio.all_tasks():
                task.print_stack(file=file)
        raise TimeoutError(f"not over after {limit:.0f} s; what it was waiting for is in {stacks}")
    finally:
        # While all that it stands on is there still, so that processes end in good order.
        run.cancel()
        await asyncio.wait({run})


def _report(console: Console, planned: Plan, outcome: Outcome) -> bool:
    """Print what there was; returns whether every promise was kept."""
    found = verdicts(Case(RepositoryName.parse(REPOSITORY), planned, outcome.ledger, outcome.evidence))
    console.print(table_of_faults(outcome.repository, outcome.struck, outcome.began))
    console.print(table_of_promises(found))
    console.print(counted(outcome.evidence), soft_wrap=False)
    for verdict in found:
        for violation in verdict.violations:
            console.print(str(violation), markup=False)
    return not any(verdict.violations for verdict in found)


def _tell_what_is_left(console: Console, folder: Path) -> None:
    console.print(f"  what there is, is in {folder}")
    for line in processes_of(folder):
        console.print(f"  a process is left: {line}", markup=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=(__doc__ or "").split("\n\n")[1]
    )
    parser.add_argument("--seed", type=int, default=1, help="which plan (1)")
    parser.add_argument(
        "--runs", type=int, default=1, help="so many runs, with this seed and those after it (1)"
    )
    parser.add_argument("--pulls", type=int, default=100, help="pull requests (100)")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="stretches all times; at 6, Temporal is away for a minute"
    )
    parser.add_argument(
        "--rest", type=float, default=REST_SECONDS, help="seconds to come to rest in, at scale 1"
    )
    parser.add_argument(
        "--limit", type=float, default=LIMIT_SECONDS, help="seconds that a run may take, at scale 1"
    )
    parser.add_argument("--plan", action="store_true", help="print the plan, and do nothing")
    parser.add_argument(
        "--keep", action="store_true", help="keep logs, histories and what the processes said"
    )
    asked = parser.parse_args()
    if not asked.plan:
        need("bwrap", "prlimit", "make", "sh", "unshare")
    return asked


if __name__ == "__main__":
    sys.exit(main())
