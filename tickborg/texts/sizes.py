"""How large something is, as a person says it."""

from tickborg.texts.wording import counted

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_ONE_DIGIT = 10


def in_units(size: int) -> str:
    """``size`` bytes in the largest unit of which there is one: ``512 bytes``, ``1.5 KiB``, ``20 GiB``."""
    if size < _STEP:
        return counted(size, "byte")
    count, unit = float(size), 0
    while round(count) >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    digits = 1 if count < _ONE_DIGIT else 0
    return f"{count:.{digits}f}".removesuffix(".0") + f" {_UNITS[unit]}"
