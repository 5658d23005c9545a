"""The command line: options, settings, logging, and one of the commands in `device/commands`."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

from device.command_line import add_common, broker_overrides, exit_code
from device.settings import read_settings

COMMANDS = {
    "run": "listen and act, for ever; what the systemd unit starts",
    "demo": "watch a virtual house learn from its switches, on recordings or with your microphone",
    "say": "type words as if they had been heard",
    "flip": "flip a switch by hand, so that it teaches",
    "undo": "take one lesson back",
    "forget": "erase every trace of some words",
    "history": "what was heard, done, flipped and learned, and why",
    "bridge": "let a microcontroller be a device of the house: serial port or socket to MQTT",
    "pair": "let a trainer on a host make this device better, or end that",
    "doctor": "check microphone, broker, recogniser and disk, and say what is wrong",
    "hear": "draw what is heard in a recording, without a recogniser",
    "model": "fetch a better recogniser",
}
_EPILOG = """examples:
  safu demo                               a house that starts knowing nothing, in your terminal
  safu run --broker homeassistant.local   listen for the house on that broker
  safu run --observe                      say what would be done, do nothing
  safu say "turn on the kitchen light"    what would these words do? does it, and says why
  safu flip "kitchen light" off           teach: this is what I meant just now
  safu history                            what happened, with the evidence

settings: ~/.config/safu/safu.toml or /etc/safu/safu.toml, then SAFU_<SECTION>_<KEY>, then options. None is needed.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Errors of our own are printed as one plain line, 2 for wrong settings."""
    options, command = _parse(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(levelname)s %(message)s",
        stream=sys.stderr,
    )

    def run() -> int:
        return int(command.run(read_settings(options.settings, overrides=_overrides(options)), options))

    return exit_code("safu", run)


def _parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, Any]:
    """The options, and the module of the command; only that one is imported, so that `safu --help` is quick."""
    first = argparse.ArgumentParser(
        prog="safu",
        description=_description(),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(first)
    first.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="safu COMMAND --help tells more")
    first.add_argument("rest", nargs=argparse.REMAINDER, metavar="...")
    outer = first.parse_args(arguments)
    command = importlib.import_module(f"device.commands.{outer.command}")
    parser = argparse.ArgumentParser(
        prog=f"safu {outer.command}",
        description=command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(parser)
    parser.set_defaults(**{name: getattr(outer, name) for name in ("settings", "broker", "storage", "verbose")})
    command.add_arguments(parser)
    return parser.parse_args(outer.rest), command


def _description() -> str:
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {line}" for name, line in COMMANDS.items())
    return f"A voice switch that learns what you mean from the switch itself.\n\ncommands:\n{listed}"


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_common(parser, verbose="log what was said as well")
    parser.add_argument("--storage", metavar="FOLDER", help="where the journal lives")


def _overrides(options: argparse.Namespace) -> dict[str, object]:
    overrides = broker_overrides(options)
    if options.storage:
        overrides["storage.folder"] = options.storage
    for name in ("observe", "blank"):
        if getattr(options, name, False):
            overrides[{"observe": "decision.observe", "blank": "learning.blank"}[name]] = True
    for name, setting in (("transcriber", "transcriber.engine"), ("serial", "chip.serial"), ("socket", "chip.socket")):
        if getattr(options, name, None):
            overrides[setting] = getattr(options, name)
    if getattr(options, "socket", None):
        overrides["chip.serial"] = ""  # of the settings
    elif getattr(options, "serial", None):
        overrides["chip.socket"] = ""
    return overrides
