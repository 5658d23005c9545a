"""Fetch a better recogniser, or look inside a language model.

  safu model fetch                         the small English model of Vosk, about 40 MB over the network, once
  safu model fetch --url URL               another one, packed as a zip file
  safu model neighbours light              words that are used like "light"
  safu model talk --seed turn on the       what the model would go on saying

Vosk hears free speech better than PocketSphinx and wants 300 MB of memory; afterwards set engine = "vosk" in the
section [transcriber] of the settings. Fetching is the only thing in safu that ever uses the internet, and only when you
ask for it. Neighbours and talk want a bundle, --bundle FILE, that `safu-trainer talk TEXT --out FILE` makes of a text.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from device.errors import BundleError
from device.safu.bundle import SUFFIX, Bundle, load
from device.safu.cooccurrence import nearest
from device.safu.generation import talk
from device.safu.model import Safu
from device.settings import Settings
from device.transcribers.vosk_model import SMALL_ENGLISH, fetch_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu model` takes."""
    parser.add_argument("verb", choices=("fetch", "neighbours", "talk"), help="what to do")
    parser.add_argument("words", nargs="*", help="of neighbours: the words whose neighbours to show")
    parser.add_argument("--url", default=SMALL_ENGLISH, help="of fetch: a zip file with one folder (%(default)s)")
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help=f"a model ({SUFFIX}); default: the newest in storage"
    )
    parser.add_argument("--seed", nargs="*", default=[], metavar="WORD", help="of talk: words to go on from")
    parser.add_argument("--temperature", type=float, default=0.7, help="of talk: 0 the likeliest word, 1 as it comes")
    parser.add_argument("--count", type=int, default=40, help="of talk: how many words (%(default)s)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Do it."""
    if options.verb == "fetch":
        return _fetch(settings, options.url)
    bundle = load(options.bundle or _newest(settings))
    if options.verb == "neighbours":
        return _neighbours(bundle, options.words)
    try:
        words = talk(
            _language_model(bundle),
            bundle.header.vocabulary,
            options.seed,
            options.temperature,
            np.random.default_rng(),
        )
        print(" ".join([*options.seed, *islice(words, options.count)]))
    except ValueError as error:
        raise BundleError(str(error)) from error
    return 0


def _fetch(settings: Settings, url: str) -> int:
    """Fetch it, and say how to use it."""
    folder = settings.storage.path / "vosk"
    console = Console(stderr=True)
    columns = (TextColumn("fetching"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        fetch_model(url, folder, lambda here, total: progress.update(bar, completed=here, total=total))
    print(f"the model is in {folder}")
    if settings.transcriber.vosk_model:
        print(f"but transcriber.vosk_model is set to {settings.transcriber.vosk_model}, which goes before it")
    if settings.transcriber.engine != "vosk":
        print('to use it, put engine = "vosk" into the section [transcriber] of the settings; see: safu doctor')
    return 0


def _newest(settings: Settings) -> Path:
    found = sorted(settings.storage.path.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise BundleError(
            f"there is no model ({SUFFIX}) in {settings.storage.path}",
            hint="name one with --bundle FILE, or make one: safu-trainer talk TEXT --out FILE",
        )
    return found[-1]


def _language_model(bundle: Bundle) -> Safu:
    if not isinstance(bundle.model, Safu):
        raise BundleError("this is the model of a household: it knows actions, not words")
    return bundle.model


def _neighbours(bundle: Bundle, words: list[str]) -> int:
    vectors = _language_model(bundle).weights.vectors
    if vectors is None or not bundle.header.vocabulary:
        raise BundleError("this model has no vectors of words")
    ranks = {word: rank for rank, word in enumerate(bundle.header.vocabulary)}
    table = Table("word", "is used like")
    for word in words:
        if word not in ranks:
            raise BundleError(f'this model does not know "{word}"', hint=f"it knows {len(ranks)} words")
        near = nearest(np.asarray(vectors[:, len(vectors[0]) // 4 :]), ranks[word], 8)
        table.add_row(word, ", ".join(f"{bundle.header.vocabulary[rank]} {cosine:.2f}" for rank, cosine in near))
    Console().print(table)
    return 0
