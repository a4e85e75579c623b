"""What is built: a monorepo whose builds print numbered lines, so that a log can be checked to the line.

A project's ``recipe`` says how many lines its build prints, how often it rests meanwhile, and how it ends.
Each line needs some room on the disk.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

PROJECTS = ("ash", "birch", "cedar", "dogwood", "elm")
"""What pull requests change. ``birch`` needs ``ash``."""

TRUNK = "trunk"
"""What only pushes to the default branch change, so that no pull request comes into conflict with them."""

_NEEDED_BY: Mapping[str, tuple[str, ...]] = {"ash": ("birch",)}

STORY = "STORY"
"""The file over which pull requests that shall be in conflict are."""

REST_SECONDS = 0.1

_PROJECT_FILE = "\n".join(
    f"""
[[project]]
name = "{name}"
path = "{name}"
needs = {["ash"] if name == "birch" else []}
build-system = "{"make" if name == "elm" else "custom"}"
command = "{"" if name == "elm" else "sh ../print.sh"}"
test-command = ["true"]
"""
    for name in (*PROJECTS, TRUNK)
).replace('command = ""\n', "")

_PRINT = f"""\
. ./recipe
number=0
while test $number -lt $lines
do
  number=$((number + 1))
  echo "$project: line $number of $lines"
  head -c 4096 /dev/zero >>made || exit 1
  test $((number * rests / lines)) = $(((number - 1) * rests / lines)) || sleep {REST_SECONDS}
done
exit $status
"""
_LINE = re.compile(r"(\w+): line (\d+) of (\d+)")


@dataclass(frozen=True)
class Recipe:
    """What the build of one project does."""

    lines: int = 3
    rests: int = 0
    """How often it rests for a tenth of a second; at most ``lines``."""
    status: int = 0

    def file(self, project: str) -> bytes:
        """The file that says so."""
        words = f"project={project} lines={self.lines} rests={self.rests} status={self.status}"
        return words.replace(" ", "\n").encode() + b"\n"

    def printed(self, project: str) -> list[str]:
        """All that its build prints."""
        return [f"{project}: line {number} of {self.lines}" for number in range(1, self.lines + 1)]

    def __str__(self) -> str:
        ending = "" if self.status == 0 else ", fails"
        return f"{self.lines} lines in {self.rests * REST_SECONDS:.1f} s{ending}"


def of_build(lines: list[str]) -> list[str]:
    """Those lines of a log that the build itself has printed."""
    return [line for line in lines if _LINE.fullmatch(line)]


def rebuilt(changed: frozenset[str]) -> frozenset[str]:
    """The projects that are built where ``changed`` have changed."""
    return changed | {name for each in changed for name in _NEEDED_BY.get(each, ())}


def monorepo() -> dict[str, bytes]:
    """The files of the default branch."""
    files = {".tickborg.toml": _PROJECT_FILE.encode(), "print.sh": _PRINT.encode(), STORY: b"Once upon\n"}
    for name in (*PROJECTS, TRUNK):
        files[f"{name}/recipe"] = Recipe().file(name)
    files["elm/Makefile"] = b"all:\n\t@sh ../print.sh\n"
    return files
