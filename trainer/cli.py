"""The command line of the trainer: one file a command in `trainer/commands`.

Settings are read as the device reads them (`device/settings.py`); the section [trainer] is for this side.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress

from device.command_line import add_common, broker_overrides, exit_code
from device.settings import read_settings

COMMANDS = {
    "pair": "let a device and this trainer know each other, once",
    "watch": "train whenever lessons come, deliver what passes the gate, for ever",
    "fit": "one round now: train, judge, record",
    "evaluate": "how good is the device with and without its model?",
    "history": "every model: lessons, figures, verdict, what became of it",
    "report": "all of it as one page with plots",
    "talk": "a language model of plain text",
}
_EPILOG = """examples:
  safu-trainer pair --broker homeassistant.local     shows a code; then type at the device: safu pair CODE
  safu-trainer watch --broker homeassistant.local
  safu-trainer history

settings: ~/.config/safu/safu.toml or /etc/safu/safu.toml, then SAFU_<SECTION>_<KEY>, then options.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 1 for trouble, 2 for wrong settings, 130 for Ctrl-C."""
    listed = "\n".join(f"  {name:{max(map(len, COMMANDS))}}  {line}" for name, line in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="safu-trainer",
        description=f"What a host does for a voice switch: train it, always, never making it worse.\n\n{listed}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    chosen = parser.add_subparsers(required=True, metavar="COMMAND", dest="command", help=argparse.SUPPRESS)
    wanted = next((word for word in (sys.argv[1:] if arguments is None else arguments) if word in COMMANDS), "")
    for name, line in COMMANDS.items():
        module = importlib.import_module(f"trainer.commands.{name}") if name == wanted else None
        command = chosen.add_parser(
            name,
            description=module.__doc__ if module else line,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_common(command)
        if module:
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    handler = RichHandler(console=console, show_path=False, show_time=False)  # so that bars and lines do not mix
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, format="%(message)s", handlers=[handler])

    def run() -> int:
        settings = read_settings(options.settings, overrides=_overrides(options))
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            return int(options.run(settings, options, progress))

    return exit_code("safu-trainer", run)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_common(parser, verbose="say more")
    parser.add_argument("--folder", metavar="FOLDER", help="where keys and database live")
    parser.add_argument("--database", metavar="URL", help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def _overrides(options: argparse.Namespace) -> dict[str, object]:
    overrides = broker_overrides(options)
    for name in ("folder", "database"):
        if getattr(options, name):
            overrides[f"trainer.{name}"] = getattr(options, name)
    return overrides
