"""How good is a SAFU as a language model, before and after a minute or two of training, and how good are its peers?

    python -m benchmarks.language_model [--data DIR] [--test DIR] [--json FILE] [--quick] [--full]

Trains on `language_model/wikitext2_valid.txt`, tests on `wikitext2_test.txt` (of `--test`, if given), 8,000 words,
the rest `<unk>`. Figures are perplexities on the whole test text. Times are CPU seconds of one thread, explicit
solves included; every budget is a run of its own, with a learning rate that ends where the budget does. SAFU's
document context recalls what the article said before, so peers without such a memory are also given one (`_cache`):
the share of each word in the article so far, mixed in with a weight chosen on the last tenth of the training articles.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from threadpoolctl import threadpool_limits

from benchmarks.arguments import arguments, show, write
from benchmarks.plots import perplexities
from device.safu.contexts import Floats
from trainer.baselines.kneser_ney import KneserNey, with_document_cache
from trainer.baselines.transformer import (
    CausalTransformer,
    TransformerShape,
    TransformerTraining,
    train_transformer,
)
from trainer.baselines.transformer import (
    token_nats as transformer_nats,
)
from trainer.batches import TextBatches
from trainer.corpus import Corpus, encode, read_articles, vocabulary_of
from trainer.evaluate import perplexity, token_nats
from trainer.history import History
from trainer.language import LanguageModel, LanguageSettings, start

VOCABULARY = 8_000
_QUICK_ARTICLES = 8
_WEIGHTS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


@dataclass(slots=True)
class Bench:
    """The texts, and what has been measured."""

    train: Corpus
    test: Corpus
    held_in: Corpus
    """Nine tenths of the training articles: what choices are made on."""
    held_out: Corpus
    history: History
    """Of the test text."""
    figures: dict[str, float]
    progress: Progress

    def note(self, name: str, value: float) -> None:
        self.figures[name] = value
        self.progress.console.print(f"{name:40s} {value:12.4g}")


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--full", action="store_true", help="ablations, and a transformer that converges (hours)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    budgets = (5.0, 10.0) if options.quick else (60.0, 120.0)
    with threadpool_limits(1), Progress(console=Console(stderr=True)) as progress:
        bench = read(options, progress)
        counts(bench)
        safu(bench, budgets)
        transformers(bench, budgets)
        if options.full:
            ablations(bench, budgets[0])
            converged(bench)
    show(bench.figures)
    conditions = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}, one thread",
        "text": f"{len(bench.train.tokens)} tokens to train on, {len(bench.test.tokens)} to test on, <unk> included",
        "chosen_on": "the last tenth of the training articles",
        "budgets_cpu_s": budgets,
        "quick": options.quick,
    }
    write(options, "language_model", bench.figures, conditions)
    if options.json:
        perplexities(bench.figures, options.json.with_suffix(".png"))


def read(options: argparse.Namespace, progress: Progress) -> Bench:
    """Both texts as tokens."""
    try:
        articles = read_articles(options.data / "language_model" / "wikitext2_valid.txt")
        tested = read_articles((options.test or options.data) / "language_model" / "wikitext2_test.txt")
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")
    words = vocabulary_of(articles, VOCABULARY)
    cut = len(articles) * 9 // 10
    inner = vocabulary_of(articles[:cut], VOCABULARY)
    test = encode(tested[:_QUICK_ARTICLES] if options.quick else tested, words)
    return Bench(
        encode(articles, words),
        test,
        encode(articles[:cut], inner),
        encode(articles[cut:], inner),
        History(test, LanguageSettings().architecture.decay),
        {},
        progress,
    )


def counts(bench: Bench) -> None:
    """Unigram and Kneser-Ney, orders 2 to 5, with and without a document cache."""
    train, test = bench.train, bench.test
    for order in (1, 2, 3, 4, 5):
        model = KneserNey(train.tokens, train.starts, VOCABULARY, order)
        found = model.log_probabilities(test.tokens, test.starts)
        bench.note("unigram" if order == 1 else f"kn{order}", perplexity(-found))
    bench.note("kn5_stored_numbers", float(model.stored_numbers))
    inner = KneserNey(bench.held_in.tokens, bench.held_in.starts, VOCABULARY, 5)
    weight = cache_weight(-inner.log_probabilities(bench.held_out.tokens, bench.held_out.starts), bench.held_out)
    bench.note("kn5_cache", perplexity(-with_document_cache(found, test.tokens, test.starts, weight)))


def cache_weight(nats: Floats, corpus: Corpus) -> float:
    """The weight of a document cache that suits a model best on held-out text."""
    return min(_WEIGHTS, key=lambda w: float(-with_document_cache(-nats, corpus.tokens, corpus.starts, w).sum()))


def safu(bench: Bench, budgets: tuple[float, float]) -> None:
    """Cold and warm before any gradient, then trained; the last budget also without recall."""
    settings = LanguageSettings()
    cold = start(bench.train, VOCABULARY, replace(settings, warm=None))
    bench.note("safu_cold_step0", tested(bench, cold))
    for budget in budgets:
        model = start(bench.train, VOCABULARY, settings)
        if "solve_cpu_s" not in bench.figures:
            bench.note("solve_cpu_s", model.solve_cpu_s)
            bench.note("safu_warm_step0", tested(bench, model))
        model.train(budget - model.solve_cpu_s, bench.progress)
        bench.note(f"safu_at_{budget:.0f}s", tested(bench, model))
    sizes(bench, "safu", model)
    bare = replace(settings, architecture=replace(settings.architecture, recall=False))
    model = start(bench.train, VOCABULARY, bare)
    bench.note("safu_no_recall_step0", tested(bench, model))
    model.train(budgets[-1] - model.solve_cpu_s, bench.progress)
    bench.note(f"safu_no_recall_at_{budgets[-1]:.0f}s", tested(bench, model))


def tested(bench: Bench, model: LanguageModel) -> float:
    """Perplexity on the whole test text."""
    batches = TextBatches(bench.history, model.network.architecture)
    return perplexity(token_nats(model.network, batches, np.arange(len(bench.test.tokens)), bench.progress))


def sizes(bench: Bench, name: str, model: LanguageModel) -> None:
    """Trained parameters, and all stored numbers, the frozen vectors included."""
    stored = {key: parameter.numel() for key, parameter in model.network.named_parameters()}
    bench.note(f"{name}_stored_numbers", float(sum(stored.values())))
    frozen = 0 if model.settings.thawed_share else stored["vectors"]
    bench.note(f"{name}_parameters", float(sum(stored.values()) - frozen))


def transformers(bench: Bench, budgets: tuple[float, float]) -> None:
    """The same budgets, and each with a document cache.

    Longer training makes held-out text worse from about three epochs on, so the longer budget has more dropout, and the
    better of its model and the shorter one's: chosen on the test text, in the peer's favour.
    """
    inner = CausalTransformer(VOCABULARY, TransformerShape())
    train_transformer(inner, bench.held_in, budgets[0], TransformerTraining(), bench.progress)
    weight = cache_weight(transformer_nats(inner, bench.held_out), bench.held_out)
    bench.note("transformer_cache_weight", weight)
    best: Floats | None = None
    for budget, dropout in zip(budgets, (0.1, 0.2), strict=True):
        model = CausalTransformer(VOCABULARY, TransformerShape(dropout=dropout))
        train_transformer(model, bench.train, budget, TransformerTraining(), bench.progress)
        nats = transformer_nats(model, bench.test)
        best = nats if best is None or nats.mean() < best.mean() else best
        cached = with_document_cache(-best, bench.test.tokens, bench.test.starts, weight)
        bench.note(f"transformer_at_{budget:.0f}s", perplexity(best))
        bench.note(f"transformer_cache_at_{budget:.0f}s", perplexity(-cached))
    size = float(sum(parameter.numel() for parameter in model.parameters()))
    bench.note("transformer_parameters", size)
    bench.note("transformer_stored_numbers", size)


def ablations(bench: Bench, budget: float) -> None:
    """What each part is worth, at step 0 and at the first budget."""
    for name, settings in variants().items():
        model = start(bench.train, VOCABULARY, settings)
        bench.note(f"ablation.{name}.step0", tested(bench, model))
        started_s = time.process_time()
        steps = model.train(budget - model.solve_cpu_s, bench.progress)
        spent_s = time.process_time() - started_s
        bench.note(f"ablation.{name}.at_{budget:.0f}s", tested(bench, model))
        bench.note(f"ablation.{name}.tokens_per_cpu_s", steps * settings.batch / spent_s)


def variants() -> dict[str, LanguageSettings]:
    """The shipped settings, each with one thing changed."""
    shipped = LanguageSettings()

    def change(**changes: object) -> LanguageSettings:
        return replace(shipped, architecture=replace(shipped.architecture, **changes))  # type: ignore[arg-type]

    softmax = change(activation="softmax", hidden=64, scale=40.0)
    found = {
        "shipped": shipped,
        "cold": replace(shipped, warm=None),
        "thawed": replace(shipped, thawed_share=1 / 3),
        "packed": replace(shipped, feeding="packed"),
        "no_attention": change(attention=False),
        "block_alone": change(recall=False),
        "radial_alone": change(block=0, radial=3, recall=False),
        "document_alone": change(block=0, document=128, recall=False),
        "recall_and_document": change(block=0, document=128),
        "block_radial_document": change(radial=3, document=128),
        "relu": change(activation="relu"),
        "linear": change(activation="linear"),
        "softmax": softmax,
    }
    for name in ("relu", "linear", "softmax"):
        found[f"{name}_cold"] = replace(found[name], warm=None)
    return found


def converged(bench: Bench) -> None:
    """A transformer until its held-out perplexity no longer falls, then as long on all of the training text."""
    best, seconds = np.inf, 0.0
    for budget in (240.0, 480.0, 960.0):
        model = CausalTransformer(VOCABULARY, TransformerShape(dropout=0.2))
        train_transformer(model, bench.held_in, budget, TransformerTraining(), bench.progress)
        held = perplexity(transformer_nats(model, bench.held_out))
        if held > 0.995 * best:
            break
        best, seconds = held, budget
    model = CausalTransformer(VOCABULARY, TransformerShape(dropout=0.2))
    train_transformer(model, bench.train, seconds, TransformerTraining(), bench.progress)
    bench.note("transformer_converged", perplexity(transformer_nats(model, bench.test)))
    bench.note("transformer_converged_cpu_s", seconds)


if __name__ == "__main__":
    main()
