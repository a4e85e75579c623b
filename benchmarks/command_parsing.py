"""How long it takes to read a comment: a usual one, one that is for people only, and the most hostile ones.

    python -m benchmarks.command_parsing [--all]

Times are of the process, so that other processes on the machine do not count. The target of each is in its
line. ``--all`` shows every hostile comment and not only the slowest.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

from activities.clients.comments.parsing import parse
from benchmarks.hostile_comments import hostile_comments

USUAL = """\
Thank you, this looks much better than the first version! Two small things:

> We could also keep the old name as an alias.

I would rather not: see [the discussion](https://example.org/mono/issues/1234) about `libnbt` last year.

```c
static int answer(void)
{
    return 42; /* @tickbot eval is not meant here */
}
```

- [x] tests
- [ ] documentation, in `docs/usage.md`

| before | after |
|--------|-------|
| 1.2 s  | 0.4 s |

When that is done:

@tickbot build cgit, cmark and meshmc on x86_64-linux aarch64-darwin
@tickbot test libnbtplusplus
"""
FOR_PEOPLE = USUAL.replace("@tickbot", "the bot")
REPETITIONS = 201
SLOWEST = 12


def seconds(body: str, repetitions: int = 1) -> float:
    """The median of the CPU time that reading ``body`` takes."""
    return median(_once(lambda: parse(body, "tickbot")) for _ in range(repetitions))


def _once(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def report(name: str, took: float, target: float) -> None:
    """Print one line."""
    print(
        f"{'' if took <= target else 'TOO SLOW '}{took * 1_000:10.3f} ms (at most {target * 1_000:g}): {name}"
    )


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    report(f"a usual comment of {len(USUAL)} characters", seconds(USUAL, REPETITIONS), 0.005)
    report("the same without the bot's name", seconds(FOR_PEOPLE, REPETITIONS), 0.000_5)
    longest = (FOR_PEOPLE * 100)[:65_536]
    report("65,536 characters without the bot's name", seconds(longest, REPETITIONS), 0.000_5)
    took = sorted(((seconds(body), name) for name, body in hostile_comments()), reverse=True)
    print(f"{len(took)} hostile comments of 65,536 characters, slowest first:")
    for each, name in took if arguments.all else took[:SLOWEST]:
        report(name, each, 1)


if __name__ == "__main__":
    main()
