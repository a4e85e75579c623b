"""``python -m tests.fuzz.harness TARGET SECONDS``: fuzzing that is led by coverage (``make fuzz``).

It begins with the target's corpus, which is left as it is, and keeps what it learns in ``.fuzz/TARGET``. What
fails is written to ``.fuzz/TARGET-crash-…``, and belongs into the corpus once it is mended: the suite runs
every harness on its corpus.
"""

import sys
from importlib import import_module
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
TARGETS = tuple(sorted(folder.name for folder in CORPUS.iterdir()))
OURS = ("activities", "dashboard", "messaging", "tickborg", "webhook")
LONGEST = 20_000
"""Bytes of an input; longer ones are the suite's (tests/fuzz/test_webhook_bodies.py) and the benchmarks'."""


def main() -> None:
    """Fuzz one target for some seconds."""
    target, seconds = sys.argv[1], sys.argv[2]
    learnt = Path(".fuzz") / target
    learnt.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=[*OURS, "tomllib", "markdown_it"]):
        check = import_module(f"tests.fuzz.targets.{target}").check
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix=.fuzz/{target}-",
    ]
    atheris.Setup([sys.argv[0], *options, str(learnt), str(CORPUS / target)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
