"""Secrets as a container gets them: files that are mounted one by one."""

import subprocess
import sys
from pathlib import Path

from tests.support.tools import need

ROOT = Path(__file__).parents[2]

READ = """
import logging, sys
from pathlib import Path
from cli.secret_files import read_secret

logging.basicConfig(stream=sys.stdout, format="%(message)s")
print(read_secret(Path(sys.argv[1]), "[x] y_file").get_secret_value())
"""


def test_a_secret_that_is_mounted_by_itself_is_not_warned_of(tmp_path: Path) -> None:
    """Whose it is outside, and who may read it there, is nothing to change from within."""
    need("bwrap")
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    secret.chmod(0o444)
    place = tmp_path / "place"
    place.touch()
    read = [sys.executable, "-c", READ]
    mounted = ["bwrap", "--bind", "/", "/", "--ro-bind", str(secret), str(place), "--"]
    outside = subprocess.run([*read, secret], cwd=ROOT, capture_output=True, text=True, check=True)
    inside = subprocess.run([*mounted, *read, place], cwd=ROOT, capture_output=True, text=True, check=True)
    assert outside.stdout.startswith(f"[x] y_file: others can read {secret}; ")
    assert inside.stdout == "hunter2\n"
