"""What `tickborg setup` says."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tickborg.names import SEARCH_ATTRIBUTES
from tickborg.texts import namespaces

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

DAY, MONTH, QUARTER = timedelta(days=1), timedelta(days=30), timedelta(days=90)
ATTRIBUTES = list(SEARCH_ATTRIBUTES)


def test_every_sentence(snapshot: "SnapshotAssertion") -> None:
    """Each names the namespace, and each piece of advice the commands that do it."""
    assert [
        namespaces.created("ci", MONTH),
        namespaces.kept_long_enough("ci", QUARTER),
        namespaces.kept_longer("ci", MONTH, before=DAY),
        namespaces.attributes_there(ATTRIBUTES[:2]),
        namespaces.attributes_registered(ATTRIBUTES[2:]),
        namespaces.attribute_of_another_type("ci", "TickborgPr", "Keyword"),
        namespaces.who_creates("ci", MONTH),
        namespaces.who_keeps("ci", MONTH),
        namespaces.who_registers("ci", ATTRIBUTES[:2]),
    ] == snapshot
