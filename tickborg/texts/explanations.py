"""What ``tickborg config check`` prints: plain lines of at most 80 columns, and a document for scripts."""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from tickborg.build_systems import Step
from tickborg.explaining import ExplainedProject, Explanation, OtherFolder
from tickborg.places import ROOT
from tickborg.projects import PROJECT_FILE, Check
from tickborg.texts.columns import WIDTH, filled
from tickborg.texts.durations import spoken
from tickborg.texts.shortening import visible
from tickborg.texts.wording import counted

_INDENT = "  "
_LABEL_WIDTH = 14
_MARGIN = " " * (len(_INDENT) + _LABEL_WIDTH)
_CONTINUED = " \\"


def lines(explanation: Explanation, place: str) -> Iterator[str]:
    """The projects, the checks, and what is no project, for people; ``place`` is where they are."""
    yield from _wrapped(f"checked {place}")
    yield f"commands are those of a builder with {counted(explanation.jobs, 'job')}"
    yield ""
    for explained in explanation.projects:
        project = explained.project
        yield f"project {project.name} {_where(project.path)}"
        if explanation.detected and project.path == ROOT:
            yield from _labelled("name", ["the repository's, as it is called here"])
        yield from _of_project(explained)
        yield ""
    for check in explanation.checks:
        yield f"check {check.name}"
        yield from _of_check(check)
        yield ""
    if explanation.others:
        yield "folders that are no project"
        for reason, names in _by_reason(explanation.others).items():
            yield from _wrapped(f"{reason}: {', '.join(names)}", _INDENT)
        yield ""
    if explanation.doubts:
        yield "probably not meant"
        for doubt in explanation.doubts:
            yield from _wrapped(doubt, _INDENT)
        yield ""
    yield from _wrapped(_verdict(explanation))


def fault_lines(faults: Sequence[str], place: str) -> Iterator[str]:
    """What is wrong with a project file, for people; ``faults`` are the lines of an error's message."""
    yield from _wrapped(f"checked {place}")
    yield ""
    for fault in faults:
        yield from _wrapped(fault)
    yield ""
    yield "bad: nothing would be built until that is mended"


def document(explanation: Explanation) -> dict[str, object]:
    """The same for scripts."""
    return {
        "project_file": not explanation.detected,
        "projects": [_project_document(explained) for explained in explanation.projects],
        "checks": [check.model_dump(mode="json") for check in explanation.checks],
        "other_folders": [
            {"name": visible(other.name), "reason": other.reason} for other in explanation.others
        ],
        "doubts": list(explanation.doubts),
    }


def _by_reason(others: Iterable[OtherFolder]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for other in others:
        names.setdefault(other.reason, []).append(other.name)
    return names


def _verdict(explanation: Explanation) -> str:
    if explanation.detected:
        if not explanation.projects:
            return f"nothing would be built: no {PROJECT_FILE}, and no build file here or in a folder here"
        return (
            f"good: no {PROJECT_FILE}; {counted(len(explanation.projects), 'project')} found by build files"
        )
    projects = counted(len(explanation.projects), "project") if explanation.projects else "no project"
    checks = f" and {counted(len(explanation.checks), 'check')}" if explanation.checks else ""
    return f"good: {PROJECT_FILE} names {projects}{checks}"


def _where(path: str) -> str:
    return "in the whole repository" if path == ROOT else f"in {visible(path)}"


def _of_project(explained: ExplainedProject) -> Iterator[str]:
    project = explained.project
    found = f"found by {', '.join(explained.build_files)}" if explained.build_files else "named in the file"
    yield from _labelled("build system", [f"{project.build_system}, {found}"])
    yield from _labelled("also", _with_commas(project.also))
    yield from _labelled("needs", _with_commas(project.needs))
    for step in explained.steps:
        yield from _command(step.name, step.argv)
    yield from _labelled("systems", _with_commas(project.systems or ()) or ["all that have a builder"])
    yield from _labelled("timeout", [spoken(project.timeout)])
    yield from _labelled("network", ["yes" if project.network else "no"])


def _of_check(check: Check) -> Iterator[str]:
    yield from _command("command", check.command)
    yield from _labelled("builds", ["wait until it has passed" if check.gate else "do not wait for it"])


def _with_commas(words: Sequence[str]) -> list[str]:
    return [f"{word}," for word in words[:-1]] + list(words[-1:])


def _labelled(label: str, words: Iterable[str]) -> list[str]:
    """``words`` beside a label, and below each other what does not fit; nothing if there are none."""
    return filled(" ".join(words), f"{_INDENT}{label:<{_LABEL_WIDTH - 1}} ", _MARGIN)


def _wrapped(text: str, indent: str = "") -> list[str]:
    """``text`` in lines, all but the first of them indented further."""
    return filled(text, indent, f"{indent}    ")


def _command(label: str, argv: Sequence[str]) -> Iterator[str]:
    """A command that can be copied: broken between its words, as a shell allows."""
    beginning = f"{_INDENT}{label:<{_LABEL_WIDTH}}"
    for line in _broken(argv, WIDTH - len(_MARGIN)):
        yield beginning + line
        beginning = _MARGIN


def _broken(argv: Sequence[str], room: int) -> Iterator[str]:
    if "\n" in shlex.join(argv):  # a script, whose lines are its own
        yield from map(visible, shlex.join(argv).split("\n"))
        return
    line, *rest = (visible(shlex.quote(word)) for word in argv)
    for word in rest:
        longer = f"{line} {word}"
        if len(longer + _CONTINUED) > room:
            yield line + _CONTINUED
            longer = f"{_INDENT}{word}"
        line = longer
    yield line


def _project_document(explained: ExplainedProject) -> dict[str, object]:
    project = explained.project
    return {
        "name": project.name,
        "path": project.path,
        "also": list(project.also),
        "needs": list(project.needs),
        "build_system": project.build_system,
        "named": not explained.build_files,
        "found_by": list(explained.build_files),
        "commands": [_step_document(step) for step in explained.steps],
        "systems": None if project.systems is None else list(project.systems),
        "timeout_seconds": round(project.timeout.total_seconds()),
        "network": project.network,
    }


def _step_document(step: Step) -> dict[str, object]:
    return {"step": step.name, "argv": list(step.argv), "text": step.text}
