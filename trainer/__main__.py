"""safu-trainer: what a host does for a device. `safu-trainer talk` makes a language model of plain text."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress

from device.errors import BundleError
from device.safu.bundle import Bundle, Header, save
from device.safu.model import Safu
from trainer.corpus import encode, read_articles, vocabulary_of
from trainer.language import LanguageSettings, start


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="safu-trainer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    talk = commands.add_parser("talk", help="a language model of plain text: one paragraph a line, words by spaces")
    talk.add_argument("text", type=Path, help="the text, UTF-8")
    talk.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bundle to write (.safu)")
    talk.add_argument("--words", type=int, default=8_000, help="size of the vocabulary (%(default)s)")
    talk.add_argument(
        "--seconds", type=float, default=30.0, help="CPU seconds of training after the start (%(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        return _talk(options.text, options.out, options.words, options.seconds)
    except (OSError, ValueError, BundleError) as error:
        print(f"safu-trainer: {error}", file=sys.stderr)
        return 1


def _talk(text: Path, out: Path, words: int, seconds: float) -> int:
    torch.set_num_threads(1)
    articles = read_articles(text)
    vocabulary = vocabulary_of(articles, words)
    model = start(encode(articles, vocabulary), len(vocabulary), LanguageSettings())
    with Progress(console=Console(stderr=True)) as progress:
        steps = model.train(seconds, progress) if seconds > 0 else 0
    architecture = model.network.architecture
    header = Header(architecture, tuple(vocabulary), tuple(vocabulary), figures={"steps": float(steps)})
    save(out, Bundle(header, Safu(architecture, model.network.weights())))
    print(f"{out}: {len(vocabulary)} words, {steps} steps; look inside: safu model talk --bundle {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
