"""What is said about settings that can be used: which file they are from, and which services they suffice."""

from collections.abc import Iterator, Mapping, Sequence

from tickborg.services import Service
from tickborg.texts.columns import filled

_NAME_WIDTH = max(map(len, Service))


def lines(source: str, lacking: Mapping[Service, Sequence[str]]) -> Iterator[str]:
    """A line for the settings, and one for each service; ``lacking`` is what it needs and is not set."""
    yield f"good: {source}"
    for service, missing in lacking.items():
        needs = f"lacks {', '.join(missing)}" if missing else "has all it needs"
        beginning = f"  tickborg {service:<{_NAME_WIDTH}}  "
        yield from filled(needs, beginning, " " * len(beginning))


def refusal(service: Service, missing: Sequence[str]) -> str:
    """Why a service does not start."""
    return (
        f"`tickborg {service}` needs {', '.join(missing)}: set that in tickborg.toml, or as variables; "
        "docs/settings.md has them"
    )
