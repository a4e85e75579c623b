"""What `tickborg up` makes of settings that each service reads by itself, too."""

from pathlib import Path

from cli.bot import Address, Listen
from cli.doctor import host
from cli.folders import Folders
from tickborg.settings import Settings

PATHS = {
    "logs": {"log_storage_path": "/srv/logs"},
    "git": {"mirror_path": "/srv/mirrors"},
    "builder": {"workspace_path": "/srv/workspaces"},
    "rabbitmq": {"spool_path": "/srv/spool"},
}


def test_each_service_listens_where_it_is_told_to() -> None:
    """A webhook for the world exposes neither the dashboard nor the metrics."""
    settings = Settings.model_validate(
        {
            "webhook": {"host": "0.0.0.0", "port": 8001},
            "stats": {"host": "127.0.0.2"},
            "dashboard": {"host": "::1", "port": 8002},
        }
    )
    assert Listen.of(settings) == Listen(
        webhook=Address("0.0.0.0", 8001), metrics=Address("127.0.0.2", 9090), dashboard=Address("::1", 8002)
    )
    assert Listen.of(Settings()).webhook == Address("127.0.0.1", 8000)


def test_what_is_given_a_place_is_there_and_the_rest_in_one_folder() -> None:
    """Defaults are those of services of their own; a path that is set is meant, were it the same."""
    below = Folders.of_up(Settings.model_validate({"state": {"path": "/srv/state"}}))
    assert below == Folders(Path("/srv/state"))
    placed = Folders.of_up(Settings.model_validate({"state": {"path": "/srv/state"}, **PATHS}))
    assert (placed.logs, placed.mirrors) == (Path("/srv/logs"), Path("/srv/mirrors"))
    assert (placed.workspaces, placed.spool) == (Path("/srv/workspaces"), Path("/srv/spool"))
    assert placed.temporal == Path("/srv/state/temporal")
    default = str(Settings().logs.log_storage_path)
    as_default = Settings.model_validate({"logs": {"log_storage_path": default}})
    assert Folders.of_up(as_default).logs == Path(default)


async def test_the_doctor_looks_at_the_disks_that_are_filled(tmp_path: Path) -> None:
    """Those of `up` where no Temporal is configured; otherwise those of the services."""
    state = {"state": {"path": str(tmp_path / "state")}}
    [own, *_] = [each async for each in host.examine(Settings.model_validate(state))]
    assert own.about == f"disk of {tmp_path / 'state'}"
    services = {**state, "temporal": {"address": "127.0.0.1:7233"}, **PATHS}
    [theirs, *_] = [each async for each in host.examine(Settings.model_validate(services))]
    assert theirs.about == "disk of /srv/logs"
