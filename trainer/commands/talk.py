"""A language model of plain text: one paragraph a line, words separated by spaces.

safu-trainer talk TEXT --out FILE.safu
safu model talk --bundle FILE.safu        what it would go on saying
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from rich.progress import Progress

from device.errors import TrainerError
from device.safu.bundle import Bundle, Header, save
from device.safu.model import Safu
from device.settings import Settings
from trainer.corpus import encode, read_articles, vocabulary_of
from trainer.language import LanguageSettings, start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu-trainer talk` takes."""
    parser.add_argument("text", type=Path, help="the text, UTF-8")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bundle to write (.safu)")
    parser.add_argument("--words", type=int, default=8_000, help="size of the vocabulary (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="CPU seconds of training (%(default)s)")


def run(_: Settings, options: argparse.Namespace, progress: Progress) -> int:
    """Make it."""
    torch.set_num_threads(1)
    try:
        articles = read_articles(options.text)
        vocabulary = vocabulary_of(articles, options.words)
        model = start(encode(articles, vocabulary), len(vocabulary), LanguageSettings())
    except (OSError, ValueError) as error:
        raise TrainerError(str(error)) from error
    steps = model.train(options.seconds, progress) if options.seconds > 0 else 0
    architecture = model.network.architecture
    header = Header(architecture, tuple(vocabulary), tuple(vocabulary), figures={"steps": float(steps)})
    save(options.out, Bundle(header, Safu(architecture, model.network.weights())))
    print(f"{options.out}: {len(vocabulary)} words, {steps} steps; look inside: safu model talk --bundle {options.out}")
    return 0
