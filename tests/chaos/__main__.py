"""``python -m tests.chaos --seed 7 --pulls 100``: the bot in a storm, and held to account afterwards.

Real processes of all services, a real Temporal server and RabbitMQ node, and an emulated GitHub, on which
people open pull requests, push, comment and close while all of these are broken. The same seed is the same
plan, which ``--plan`` prints. At the end every promise of :mod:`tests.chaos.audit` must have been kept: exit
status 1 names those that were not.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.chaos.audit import violations
from tests.chaos.case import Case
from tests.chaos.people import REPOSITORY
from tests.chaos.plan import plan
from tests.chaos.run import Terms, carry_out
from tests.chaos.survived import counted, table
from tests.support.tools import need
from tickborg.github import RepositoryName

REST_SECONDS = 180.0
_WIDTH = 150
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
        broken |= not _run_once(console, asked, seed)
    return int(broken)


def _run_once(console: Console, asked: argparse.Namespace, seed: int) -> bool:
    """Whether every promise was kept."""
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="tickborg-chaos-"))
    planned = plan(seed, asked.pulls, asked.scale)

    def tell(text: str) -> None:
        console.print(f"  {time.monotonic() - started:5.0f} s  {text}")

    try:
        outcome = asyncio.run(carry_out(planned, Terms(folder, asked.scale, asked.rest * asked.scale, tell)))
        found = violations(Case(RepositoryName.parse(REPOSITORY), outcome.ledger, outcome.evidence))
    except BaseException:
        console.print(f"  what there is, is in {folder}")
        raise
    console.print(table(outcome.repository, outcome.struck, outcome.began))
    for violation in found:
        console.print(str(violation), markup=False)
    seen = outcome.evidence
    console.print(
        f"seed {seed}: {len(found)} violations in {time.monotonic() - started:.0f} s; {counted(seen)}"
    )
    if found or asked.keep:
        console.print(f"  what there is, is in {folder}")
    else:
        shutil.rmtree(folder)
    return not found


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
    parser.add_argument("--plan", action="store_true", help="print the plan, and do nothing")
    parser.add_argument(
        "--keep", action="store_true", help="keep logs, histories and what the processes said"
    )
    asked = parser.parse_args()
    if not asked.plan:
        need("bwrap", "prlimit", "make", "sh")
    return asked


if __name__ == "__main__":
    sys.exit(main())
