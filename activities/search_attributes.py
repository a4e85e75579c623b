"""Search attributes as Temporal's SDK wants them: with the type of each (design, section 11)."""

from collections.abc import Callable, Mapping
from typing import Any

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from tickborg.names import SEARCH_ATTRIBUTES
from tickborg.search_attributes import Attributes

_KEYS: Mapping[str, Callable[[str], SearchAttributeKey[Any]]] = {
    "Keyword": SearchAttributeKey.for_keyword,
    "Int": SearchAttributeKey.for_int,
}


def typed(attributes: Attributes) -> TypedSearchAttributes:
    """``attributes`` with their types.

    Raises:
        KeyError: one is not among :data:`tickborg.names.SEARCH_ATTRIBUTES`.
    """
    return TypedSearchAttributes([_pair(name, value) for name, value in attributes.items()])


def _pair(name: str, value: str | int) -> SearchAttributePair[Any]:
    key = _KEYS[SEARCH_ATTRIBUTES[name]](name)
    return SearchAttributePair(key, value)
