"""The webhook knows GitHub's events by name."""

from importlib.metadata import files

from webhook.event_names import EVENT_NAMES, event_label


def published_events() -> set[str]:
    """The events of the published schema, one module each."""
    modules = (file for file in files("githubkit-schemas-2026-03-10") or () if file.suffix == ".py")
    return {file.stem for file in modules if file.parent.name == "webhooks" and not file.stem.startswith("_")}


def test_every_event_of_the_published_schema_has_a_label_of_its_own() -> None:
    """An event that GitHub adds shows up here, and in no operator's metrics as a surprise."""
    published = published_events()
    assert {"ping", "pull_request", "sub_issues"} < published <= EVENT_NAMES
    assert {event_label(event) for event in published} == published
    assert event_label("invented") == "other"
