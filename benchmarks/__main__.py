"""``python -m benchmarks``: measure, and print a table."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import machine, table
from benchmarks.fresh_folder import spread_folders
from benchmarks.ground import TINY, Ground, Sizes
from benchmarks.measurement import Measured
from benchmarks.suite import BENCHMARKS, chosen
from cli.main import end, fail
from tickborg.errors import TickborgError


def main() -> None:
    """Read the command line, measure, and print. It does not return: see :func:`cli.main.run`."""
    options = _options()
    if options.list:
        for name, benchmark in BENCHMARKS.items():
            print(f"{name:<10} {benchmark.summary}")
        end(0)
    try:
        machine.use_two_cores()
        made_on = machine.described()
        measured = _measure(list(chosen(options.names)), TINY if options.tiny else Sizes())
    except TickborgError as error:
        fail(error)
    if options.json:
        print(table.as_json(measured))
    elif options.markdown:
        print(f"{table.as_markdown(measured)}\n\n{made_on}")
    else:
        print(f"{table.as_text(measured)}\n\n{made_on}")
    end(0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="?", default="", help="which, with commas between them; all")
    parser.add_argument("--list", action="store_true", help="say what there is, and measure nothing")
    parser.add_argument("--json", action="store_true", help="every value, for scripts")
    parser.add_argument("--markdown", action="store_true", help="the table of docs/performance.md")
    parser.add_argument("--tiny", action="store_true", help="see that it runs; its numbers mean nothing")
    return parser.parse_args()


def _measure(names: list[str], sizes: Sizes) -> list[Measured]:
    measured = []
    with tempfile.TemporaryDirectory(prefix="tickborg-benchmark-", ignore_cleanup_errors=True) as folder:
        spread_folders(Path(folder))
        ground = Ground(Path(folder), sizes)
        for name in names:
            print(f"{name}: {BENCHMARKS[name].summary}", file=sys.stderr, flush=True)
            measured += BENCHMARKS[name].measure(ground)
    return measured


if __name__ == "__main__":
    main()
