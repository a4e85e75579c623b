"""A Temporal that has the real one's limits: what is beyond them is a failed start, for ever."""

from temporalio.contrib.pydantic import pydantic_data_converter

from tickborg.starts import SUMMARY_LIMIT, Start

ID_LIMIT = 1_000
"""Characters of a workflow's id (``limit.maxIDLength``)."""

ATTRIBUTE_LIMIT = 2 * 1024
"""Bytes of a search attribute's value."""

PAYLOAD_LIMIT = 2 * 1024 * 1024
"""Bytes of an argument; https://docs.temporal.io/cloud/limits."""


def assert_startable(start: Start) -> None:
    """Fail unless Temporal, on any of its databases, would take it."""
    assert len(start.workflow_id.encode()) <= ID_LIMIT, start.workflow_id[:100]
    assert start.workflow_id.isprintable(), start.workflow_id
    assert len(start.summary.encode()) <= SUMMARY_LIMIT
    for name, value in start.attributes.items():
        if isinstance(value, str):
            assert len(value.encode()) <= ATTRIBUTE_LIMIT, name
            # PostgreSQL keeps search attributes as JSON, which there knows no NUL.
            assert "\0" not in value, name
        else:
            assert -(2**63) <= value < 2**63, name
    arguments = [start.argument, *([start.signal.argument] if start.signal else [])]
    payloads = pydantic_data_converter.payload_converter.to_payloads(arguments)
    assert sum(len(payload.data) for payload in payloads) <= PAYLOAD_LIMIT
