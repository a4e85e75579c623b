"""Read a comment: a usual one, one that is for people only, and the most hostile ones.

Times are of the processor, so that other processes on the machine do not count.
"""

import time
from itertools import islice

from activities.clients.comments.parsing import parse
from benchmarks.ground import Ground
from benchmarks.hostile_comments import LENGTH, hostile_comments
from benchmarks.measurement import Measured, Sample

NAME = "comments"
USUAL_TARGET_MS = 5
FOR_PEOPLE_TARGET_MS = 0.5
HOSTILE_TARGET_MS = 1_000
AGAIN = 3
"""How often the slowest hostile comment is read once more."""

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


def measure(ground: Ground) -> list[Measured]:
    """Read comments, the slowest hostile one several times."""
    count = ground.sizes.comments
    hostile = list(islice(hostile_comments(), ground.sizes.hostile_comments))
    slowest = max((body for _, body in hostile), key=_read)
    return [
        Measured(NAME, _sample("a usual comment", USUAL, count), target=USUAL_TARGET_MS),
        Measured(NAME, _sample("one without the bot's name", FOR_PEOPLE, count), target=FOR_PEOPLE_TARGET_MS),
        Measured(
            NAME,
            _sample(f"the slowest of {len(hostile)} hostile ones, {LENGTH:,} characters", slowest, AGAIN),
            target=HOSTILE_TARGET_MS,
        ),
    ]


def _sample(what: str, body: str, count: int) -> Sample:
    return Sample(what, tuple(_read(body) for _ in range(count)))


def _read(body: str) -> float:
    """Milliseconds of processor time that reading ``body`` takes."""
    began = time.process_time()
    parse(body, "tickbot")
    return (time.process_time() - began) * 1000
