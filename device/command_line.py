"""What the command lines of device, trainer and export share: some options, exit codes, how an error is told.

Left out: the commands (`cli.py` of either side).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from device.errors import ExportError, SafuError, SettingsError
from device.settings import host_and_port


def add_common(parser: argparse.ArgumentParser, *, verbose: str) -> None:
    """Settings, broker, and what `-v` is good for."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file to read")
    parser.add_argument("--broker", metavar="HOST[:PORT]", help="the MQTT broker")
    parser.add_argument("-v", "--verbose", action="store_true", help=verbose)


def broker_overrides(options: argparse.Namespace) -> dict[str, object]:
    """The settings that `--broker` stands for. Raises `SettingsError`."""
    if not options.broker:
        return {}
    host, port = host_and_port(options.broker)
    return {"broker.host": host, **({"broker.port": port} if port else {})}


def exit_code(program: str, run: Callable[[], int]) -> int:
    """What `run` returns; 1 for trouble, 2 for wrong settings or a model of which no export
    can be made, told in plain lines, and 130 for Ctrl-C.
    """
    try:
        return run()
    except SafuError as error:
        print(f"{program}: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"{' ' * len(program)}  {error.hint}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError | ExportError) else 1
    except KeyboardInterrupt:
        return 130
