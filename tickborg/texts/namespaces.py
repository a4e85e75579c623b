"""What ``tickborg setup`` says to an operator about a Temporal namespace."""

from collections.abc import Sequence
from datetime import timedelta

from tickborg.names import SEARCH_ATTRIBUTES
from tickborg.texts.durations import spoken

_AGAIN = "then run `tickborg setup` again"
_SOMEBODY = "let somebody do it who may"


def created(namespace: str, kept: timedelta) -> str:
    """It was not there."""
    return f"namespace {namespace}: created; it keeps closed workflows for {spoken(kept)}"


def kept_long_enough(namespace: str, kept: timedelta) -> str:
    """Nothing had to be done; a longer retention is the operator's wish."""
    return f"namespace {namespace}: there already; it keeps closed workflows for {spoken(kept)}"


def kept_longer(namespace: str, kept: timedelta, before: timedelta) -> str:
    """The retention was changed."""
    return f"{kept_long_enough(namespace, kept)} now, and not {spoken(before)}"


def attributes_there(attributes: Sequence[str]) -> str:
    """Nothing had to be done for these."""
    return f"search attributes: there already: {', '.join(attributes)}"


def attributes_registered(attributes: Sequence[str]) -> str:
    """These were missing."""
    return f"search attributes: registered: {', '.join(attributes)}"


def attribute_of_another_type(namespace: str, attribute: str, found: str) -> str:
    """Temporal changes no type, and removing is for a person to decide."""
    remove = f"temporal operator search-attribute remove --namespace {namespace} --name {attribute}"
    return (
        f"the search attribute {attribute} of the namespace {namespace} is of type {found} and must be of "
        f"type {SEARCH_ATTRIBUTES[attribute]}; if nothing else uses it, remove it with `{remove}`, {_AGAIN}"
    )


def who_creates(namespace: str, kept: timedelta) -> str:
    """Advice to who may not create a namespace."""
    create = f"temporal operator namespace create --namespace {namespace} --retention {kept.days}d"
    return f"{_SOMEBODY}: `{create}`, or on Temporal Cloud in its Web UI; {_AGAIN}"


def who_keeps(namespace: str, kept: timedelta) -> str:
    """Advice to who may not change a namespace."""
    own = f"temporal operator namespace update --namespace {namespace} --retention {kept.days}d"
    cloud = f"tcld namespace retention set --namespace {namespace} --retention-days {kept.days}"
    return f"{_SOMEBODY}: `{own}`, or on Temporal Cloud `{cloud}`; {_AGAIN}"


def who_registers(namespace: str, attributes: Sequence[str]) -> str:
    """Advice to who may not register search attributes, as nobody may through Temporal Cloud's operator API.

    https://docs.temporal.io/self-hosted-guide/visibility/custom-search-attributes
    """
    typed = [(attribute, SEARCH_ATTRIBUTES[attribute]) for attribute in attributes]
    options = " ".join(f"--name {name} --type {kind}" for name, kind in typed)
    own = f"temporal operator search-attribute create --namespace {namespace} {options}"
    cloud_options = " ".join(f"--sa {name}={kind}" for name, kind in typed)
    cloud = f"tcld namespace search-attributes add --namespace {namespace} {cloud_options}"
    return f"{_SOMEBODY}: `{own}`, or on Temporal Cloud `{cloud}`; {_AGAIN}"
