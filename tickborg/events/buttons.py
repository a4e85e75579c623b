"""Buttons that people press on checks, as GitHub tells of them (design, section 5)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tickborg.events.payloads import GHOST, SHA, Account, read_as
from tickborg.external_ids import BuildReference, read_external_id
from tickborg.github import RepositoryName
from tickborg.values import Value


class CheckRunButton(Value):
    """A button on one check run: *Re-run*, or an action that the bot offered."""

    kind: Literal["check_run"] = "check_run"
    delivery: str
    repo: RepositoryName
    by: str
    button: Literal["rerun", "test", "cancel"]
    build: BuildReference
    head_sha: str


class CheckSuiteButton(Value):
    """*Re-run all checks* of a commit."""

    kind: Literal["check_suite"] = "check_suite"
    delivery: str
    repo: RepositoryName
    by: str
    head_sha: str


Button = Annotated[CheckRunButton | CheckSuiteButton, Field(discriminator="kind")]


class RerunStart(Value):
    """What a ``Rerun`` workflow is started with."""

    button: Button


class _CheckRunJson(BaseModel):
    external_id: str | None = None
    head_sha: str = Field(pattern=SHA)


class _ActionJson(BaseModel):
    identifier: str


class _CheckRunEventJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_run."""

    action: str
    check_run: _CheckRunJson
    requested_action: _ActionJson | None = None
    sender: Account | None = None


class _CheckSuiteJson(BaseModel):
    head_sha: str = Field(pattern=SHA)


class _CheckSuiteEventJson(BaseModel):
    """What tickborg needs of https://docs.github.com/en/webhooks/webhook-events-and-payloads#check_suite."""

    check_suite: _CheckSuiteJson
    sender: Account | None = None


def read_check_run_button(
    delivery: str, repo: RepositoryName, payload: Mapping[str, object]
) -> CheckRunButton | None:
    """Read the payload of a ``check_run`` webhook; None: it is no build of ours, or no button of ours.

    Raises:
        RefusedError: the payload lacks what the event needs; the message names the first field that is wrong.
    """
    read = read_as(_CheckRunEventJson, "a check_run event", payload)
    build = read_external_id(repo, read.check_run.external_id or "")
    button = "rerun" if read.action == "rerequested" else _identifier(read.requested_action)
    if build is None or button not in {"rerun", "test", "cancel"}:
        return None
    return CheckRunButton.model_validate(
        {
            "delivery": delivery,
            "repo": repo,
            "by": read.sender.login if read.sender else GHOST,
            "button": button,
            "build": build,
            "head_sha": read.check_run.head_sha,
        }
    )


def read_check_suite_button(
    delivery: str, repo: RepositoryName, payload: Mapping[str, object]
) -> CheckSuiteButton:
    """Read the payload of a ``check_suite.rerequested`` webhook.

    Raises:
        RefusedError: the payload lacks what the event needs; the message names the first field that is wrong.
    """
    read = read_as(_CheckSuiteEventJson, "a check_suite event", payload)
    return CheckSuiteButton(
        delivery=delivery,
        repo=repo,
        by=read.sender.login if read.sender else GHOST,
        head_sha=read.check_suite.head_sha,
    )


def _identifier(action: _ActionJson | None) -> str:
    return action.identifier if action else ""
