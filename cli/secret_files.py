"""Secrets, which settings name by their files (design, sections 12 and 13)."""

import logging
import stat
from pathlib import Path

from pydantic import SecretStr

from cli.settings import SettingsError

SIZE_LIMIT = 64 * 1024
"""Bytes; a private key has some 3,000."""

_MOUNTS = Path("/proc/self/mountinfo")
_MOUNT_POINT = 4
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

log = logging.getLogger(__name__)


def read_secret(file: Path, setting: str) -> SecretStr:
    """What ``file`` holds, without white space at its ends; printing the result shows asterisks.

    Args:
        file: the file.
        setting: the setting that names it, as ``[github] webhook_secret_file``, for messages.

    Raises:
        SettingsError: the file is missing, unreadable, empty, too large or not UTF-8. The message does not
            hold its content.
    """
    secret = _text(_bytes(file, setting), file, setting)
    _warn_if_others_can_read(file, setting)
    return SecretStr(secret)


def _bytes(file: Path, setting: str) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise SettingsError(f"{setting}: {file} cannot be read: {error.strerror}") from None
    if len(content) > SIZE_LIMIT:
        raise SettingsError(f"{setting}: {file} has more than {SIZE_LIMIT} bytes, so it is no secret")
    return content


def _text(content: bytes, file: Path, setting: str) -> str:
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise SettingsError(f"{setting}: {file} is not UTF-8") from None
    if not text:
        raise SettingsError(f"{setting}: {file} is empty")
    return text


def _warn_if_others_can_read(file: Path, setting: str) -> None:
    """The mode of a file that is mounted by itself, into a container, is about the users of the host."""
    if file.stat().st_mode & _OTHERS and not _is_mounted(file):
        log.warning("%s: others can read %s; make it yours alone with: chmod 600 %s", setting, file, file)


def _is_mounted(file: Path) -> bool:
    """Whether the file itself is a mount point; one on the same device looks like any other but in this list.

    https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # another system than Linux
        return False
    return any(line.split(" ")[_MOUNT_POINT] == str(file.absolute()) for line in mounts)
