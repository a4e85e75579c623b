"""What `make` does to the folder it is called in."""

import shutil
import subprocess
from pathlib import Path

MAKEFILE = Path(__file__).parents[2] / "Makefile"


def test_what_runs_here_outlives_a_cleaning(tmp_path: Path) -> None:
    """`.tickborg` is what `tickborg up` keeps, its Temporal's database too: no set-up can make that again."""
    shutil.copy(MAKEFILE, tmp_path)
    for made in (".venv/bin", "tickborg.egg-info", ".tickborg/temporal"):
        (tmp_path / made).mkdir(parents=True)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"Makefile", ".tickborg"}
