"""Commands of every kind, made by Hypothesis, and what tests say about comments."""

from hypothesis import strategies as st

from tickborg.commands.values import (
    Build,
    Cancel,
    Command,
    Eval,
    Help,
    ParsedComment,
    Place,
    Retry,
    Status,
    Test,
)
from tickborg.project_names import fault_of_name
from tickborg.systems import System

ANYWHERE = Place(line=1, column=1)

NAMES = st.from_regex(r"[A-Za-z0-9._+-]{1,41}", fullmatch=True).filter(
    lambda name: fault_of_name(name) is None
)
_PROJECTS = st.lists(NAMES, min_size=1, max_size=5, unique_by=str.casefold).map(tuple)
_SYSTEMS = st.lists(st.sampled_from(System), max_size=3, unique=True).map(tuple)
_PLACE = st.just(ANYWHERE)
_BUILD_OR_TEST = st.sampled_from([Build, Test])

COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        lambda kind, projects, systems: kind(place=ANYWHERE, projects=projects, systems=systems),
        _BUILD_OR_TEST,
        _PROJECTS,
        _SYSTEMS,
    ),
    st.builds(
        lambda kind, systems: kind(place=ANYWHERE, all_projects=True, systems=systems),
        _BUILD_OR_TEST,
        _SYSTEMS,
    ),
    st.builds(Cancel, place=_PLACE, projects=st.one_of(st.just(()), _PROJECTS)),
    *(st.builds(kind, place=_PLACE) for kind in (Eval, Retry, Status, Help)),
)


def anywhere(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """The commands without where they stand."""
    return tuple(command.model_copy(update={"place": ANYWHERE}) for command in commands)


def faults(parsed: ParsedComment) -> list[tuple[str, str, str | None]]:
    """Kind, word and meaning of each error."""
    return [(error.kind.value, error.word, error.meant) for error in parsed.errors]
