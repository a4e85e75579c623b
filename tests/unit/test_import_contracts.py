"""The import contracts of `pyproject.toml`: what they must not forget."""

from tests.support.compose import PROJECT, ROOT


def test_every_module_of_activities_is_held_to_protocols() -> None:
    """A new one reaches no client of GitHub, git or RabbitMQ either: the contract lists them by hand."""
    [held] = [
        contract["source_modules"]
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Activities are written against Protocols"
    ]
    modules = [path.stem for path in (ROOT / "activities").glob("*.py") if path.stem != "__init__"]
    assert held == sorted(f"activities.{module}" for module in modules)
