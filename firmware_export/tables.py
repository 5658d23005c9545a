"""The tables of `integer_reference.py` and `integer_counts.py` as C.

`python -m firmware_export.tables` writes `runtime/safu_tables.inc`.
"""

from __future__ import annotations

from pathlib import Path

from device.safu.integer_counts import log_table
from device.safu.integer_reference import Ints, power_table, rooted, tanh_table

_PER_LINE = 14
WRITTEN = Path(__file__).parent / "runtime" / "safu_tables.inc"


def tables() -> str:
    """The text of the file."""
    parts = ["/* Made by `python -m firmware_export.tables` from device/safu/integer_*.py. */\n"]
    for kind, name, values in (
        ("int16_t", "tanh_table", tanh_table()),
        ("int16_t", "power_table", power_table()),
        ("uint16_t", "root_table", rooted()),
        ("int16_t", "log_table", log_table()),
    ):
        parts.append(f"static const {kind} {name}[{len(values)}] = {{\n{listed(values, _PER_LINE)}}};\n")
    return "".join(parts)


def listed(values: Ints, per_line: int, form: str = "{}") -> str:
    """Numbers in lines, as an array in C has them."""
    numbers = [form.format(value) for value in values.tolist()]
    lines = [", ".join(numbers[at : at + per_line]) for at in range(0, len(numbers), per_line)]
    return "".join(f"    {line},\n" for line in lines)


if __name__ == "__main__":
    WRITTEN.write_text(tables(), encoding="ascii")
