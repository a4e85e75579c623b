"""The folder in which embedded servers keep their state."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def state_folder(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, which stays, or a new temporary one, which goes."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="tickborg-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
