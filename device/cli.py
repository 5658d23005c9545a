"""The command line: options, settings, logging, and one of the commands in `device/commands`."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from device.errors import SafuError, SettingsError
from device.settings import read_settings

COMMANDS = {
    "run": "listen and act, for ever; what the systemd unit starts",
    "demo": "watch a virtual house learn from its switches, on recordings or with your microphone",
    "say": "type words as if they had been heard",
    "flip": "flip a switch by hand, so that it teaches",
    "undo": "take one lesson back",
    "forget": "erase every trace of some words",
    "history": "what was heard, done, flipped and learned, and why",
    "doctor": "check microphone, broker, recogniser and disk, and say what is wrong",
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
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(levelname)s %(message)s",
        stream=sys.stderr,
    )
    try:
        settings = read_settings(options.settings, overrides=_overrides(options))
        return int(_command(options.command).run(settings, options))
    except SettingsError as error:
        return _complain(error, 2)
    except SafuError as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="safu",
        description="A voice switch that learns what you mean from the switch itself.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_common(parser, argparse.SUPPRESS)
    parser.set_defaults(settings=None, broker=None, storage=None, verbose=False)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_line in COMMANDS.items():
        subparser = _LazyParser(subparsers.add_parser(name, help=help_line, add_help=False), name)
        subparsers.choices[name] = subparser  # type: ignore[index]
    return parser


class _LazyParser:
    """Builds a command's parser only when that command is called, so that `safu --help` imports none of them."""

    def __init__(self, parser: argparse.ArgumentParser, name: str) -> None:
        self._parser, self._name = parser, name

    def parse_known_args(
        self, args: Sequence[str], namespace: argparse.Namespace | None
    ) -> tuple[argparse.Namespace, list[str]]:
        command = _command(self._name)
        parser = argparse.ArgumentParser(
            prog=f"safu {self._name}",
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_common(parser, argparse.SUPPRESS)
        command.add_arguments(parser)
        return parser.parse_known_args(args, namespace)


def _add_common(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument("--settings", type=Path, metavar="FILE", default=default, help="a TOML file to read")
    parser.add_argument("--broker", metavar="HOST[:PORT]", default=default, help="the MQTT broker")
    parser.add_argument("--storage", metavar="FOLDER", default=default, help="where the journal lives")
    parser.add_argument("-v", "--verbose", action="store_true", default=default, help="log what was said as well")


def _overrides(options: argparse.Namespace) -> dict[str, object]:
    overrides: dict[str, object] = {}
    if options.broker:
        host, _, port = options.broker.partition(":")
        overrides["broker.host"] = host
        if port:
            if not port.isdecimal():
                raise SettingsError(f"the port in --broker {options.broker} is no number")
            overrides["broker.port"] = int(port)
    if options.storage:
        overrides["storage.folder"] = options.storage
    for name in ("observe", "blank"):
        if getattr(options, name, False):
            overrides[{"observe": "decision.observe", "blank": "learning.blank"}[name]] = True
    if getattr(options, "transcriber", None):
        overrides["transcriber.engine"] = options.transcriber
    return overrides


def _command(name: str):  # type: ignore[no-untyped-def]  # a module
    return importlib.import_module(f"device.commands.{name}")


def _complain(error: SafuError, code: int) -> int:
    print(f"safu: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"      {error.hint}", file=sys.stderr)
    return code
