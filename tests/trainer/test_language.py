"""From text to a language model: starts, stages, and the command that makes a bundle of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from device.cli import main as safu
from device.safu.bundle import load
from device.safu.cooccurrence import pairs
from device.safu.model import Safu
from trainer.associations import inputs_at, pair_counts, parts_of, sample_inputs
from trainer.batches import TextBatches
from trainer.cli import main
from trainer.corpus import Corpus, encode, read_articles, vocabulary_of
from trainer.evaluate import perplexity, token_nats
from trainer.factorised import factors, mutual_information
from trainer.finetune import Stage, Trainer
from trainer.history import History
from trainer.language import LanguageSettings, start
from trainer.network import SafuNetwork

SENTENCES = ["turn on the lamp", "turn off the lamp", "the cat sat on the mat", "dim the light please", "we eat soup"]
TEXT = [[*" ".join(np.random.default_rng(seed).permutation(SENTENCES)).split(), "<eos>"] for seed in range(40)]
WORDS = vocabulary_of(TEXT, 30)
CORPUS = encode(TEXT, WORDS)
SETTINGS = replace(LanguageSettings(), bits=16, batch=32, dropout=0.0)


def small(**changes: object) -> LanguageSettings:
    architecture = replace(SETTINGS.architecture, hidden=16, block=3)
    return replace(SETTINGS, architecture=replace(architecture, **changes))  # type: ignore[arg-type]


def measured(network: SafuNetwork, positions: int = 200) -> float:
    batches = TextBatches(History(CORPUS, network.architecture.decay), network.architecture)
    return perplexity(token_nats(network, batches, np.arange(positions)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"activation": "relu"},
        {"activation": "linear"},
        {"activation": "softmax", "scale": 20.0},
        {"attention": False},
        {"summed": True},
        {"radial": 2, "document": 16},
        {"recall": False},
        {"block": 0, "radial": 2, "recall": False},
    ],
    ids=str,
)
def test_a_warm_start_knows_something_and_training_helps(changes: dict[str, object]) -> None:
    settings = small(**changes)
    unigram = np.exp(-(np.bincount(CORPUS.tokens) / len(CORPUS.tokens)) @ np.log(
        np.bincount(CORPUS.tokens) / len(CORPUS.tokens)
    ))  # fmt: skip
    warm = start(CORPUS, len(WORDS), settings)
    at_first = measured(warm.network)
    assert at_first < 0.8 * unigram
    trainer_steps(warm.network, 40)
    assert measured(warm.network) < at_first
    assert measured(start(CORPUS, len(WORDS), replace(settings, warm=None)).network) > at_first


def trainer_for(network: SafuNetwork, **more: object) -> Trainer:
    batches = TextBatches(History(CORPUS, network.architecture.decay), network.architecture)
    said = torch.tensor(CORPUS.tokens)
    return Trainer(
        network,
        lambda rng: batches.epoch(32, rng),
        lambda at: functional.cross_entropy(network(batches.batch(at)), said[at]),
        **more,  # type: ignore[arg-type]
    )


def trainer_steps(network: SafuNetwork, steps: int, **stage: object) -> int:
    return trainer_for(network).run(Stage(3e-3, steps=steps, **stage))  # type: ignore[arg-type]


@pytest.mark.parametrize("summed", [False, True])
def test_torch_and_numpy_say_the_same(summed: bool) -> None:
    model = start(CORPUS, len(WORDS), small(radial=2, document=16, summed=summed))
    architecture, history = model.network.architecture, model.history
    positions = np.arange(0, len(CORPUS.tokens), 7)
    model.network.eval()
    with torch.no_grad():
        theirs = torch.log_softmax(model.network(TextBatches(history, architecture).batch(positions)), 1).numpy()
    ours = Safu(architecture, model.network.weights()).log_probabilities(inputs_at(history, architecture, positions))
    assert ours == pytest.approx(theirs, abs=2e-4)


def test_bucketed_and_packed_batches_hold_the_same() -> None:
    architecture = start(CORPUS, len(WORDS), small()).network.architecture
    history = History(CORPUS, architecture.decay)
    network = SafuNetwork(architecture, start(CORPUS, len(WORDS), small()).network.weights()).eval()
    positions = np.array([0, 3, 30, 77])
    with torch.no_grad():
        bucketed = network(TextBatches(history, architecture, "bucketed").batch(positions))
        packed = network(TextBatches(history, architecture, "packed").batch(positions))
    assert torch.allclose(bucketed, packed, atol=1e-5)
    numbers = [n for chunk in TextBatches(history, architecture).epoch(8, np.random.default_rng(0)) for n in chunk]
    assert len(set(numbers)) == len(numbers) >= len(CORPUS.tokens) - 8 * 16


def test_associations_are_what_a_loop_counts() -> None:
    settings = small(recall=False)
    model = start(CORPUS, len(WORDS), settings)
    history, architecture = model.history, model.network.architecture
    sample = sample_inputs(history, architecture, 50, np.random.default_rng(0))
    part = parts_of(CORPUS, architecture, model.network.weights(), sample)[1]
    vectors = model.network.weights().vectors
    assert vectors is not None
    expected = np.zeros((vectors.shape[1], len(WORDS)))
    for earlier, later in zip(*pairs(CORPUS.tokens, CORPUS.starts, 2), strict=True):
        expected[:, later] += vectors[earlier]
    assert part.associations == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert pair_counts(CORPUS, 1, len(WORDS)).sum() == len(CORPUS.tokens) - len(CORPUS.starts)


def test_factors_are_the_best_of_their_rank() -> None:
    blocks = [np.random.default_rng(k).standard_normal((9, 3)) @ np.ones((3, 12)) + np.eye(9, 12) for k in range(2)]
    left, right = factors([block.astype(np.float32) for block in blocks], 4, np.random.default_rng(0))
    stacked = np.concatenate(blocks)
    u, s, v = np.linalg.svd(stacked)
    best = (u[:, :4] * s[:4]) @ v[:4]
    assert np.linalg.norm(stacked - left @ right) == pytest.approx(np.linalg.norm(stacked - best), rel=1e-2)
    information, marginal = mutual_information(np.array([[8.0, 2.0], [2.0, 8.0]], np.float32), 1e-6)
    assert marginal.tolist() == pytest.approx([0.5, 0.5], abs=1e-3)
    assert information[0].tolist() == pytest.approx([np.log(0.8 / 0.5), np.log(0.2 / 0.5)], abs=1e-3)


def test_recall_is_what_a_loop_remembers() -> None:
    rng = np.random.default_rng(0)
    corpus = Corpus(rng.integers(0, 5, 40), np.array([0, 25]))
    history = History(corpus, 0.5)
    for at in (0, 7, 24, 25, 33):
        said = corpus.tokens[25 if at >= 25 else 0 : at].tolist()
        rows, tokens, amounts = history.recalled(np.array([at]))
        expected = {t: sum(0.5 ** (len(said) - 1 - k) for k, s in enumerate(said) if s == t) for t in set(said)}
        assert dict(zip(tokens.tolist(), amounts.tolist(), strict=True)) == pytest.approx(expected)
        assert (rows == 0).all()
        followers = {after for before, after in pairwise(said) if said and before == said[-1]}
        assert set(history.echo(np.array([at])).tokens.tolist()) == followers


def test_frozen_vectors_stand_still_and_thawed_ones_move() -> None:
    network = start(CORPUS, len(WORDS), small()).network
    before = network.vectors.detach().clone()
    trainer_steps(network, 5)
    assert torch.equal(network.vectors, before)
    trainer_steps(network, 5, vectors_rate=1e-3)
    assert not torch.equal(network.vectors, before)


def test_layers_have_rates_of_their_own() -> None:
    network = start(CORPUS, len(WORDS), small()).network
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    trainer_steps(network, 3, rates={"output": 0.0, "block": 0.1})
    moved = {
        name: float((parameter.detach() - before[name]).abs().max()) for name, parameter in network.named_parameters()
    }
    assert moved["output"] == 0
    assert 0 < moved["block"] < 0.5 * moved["hidden_bias"]


def test_a_seed_repeats_and_a_checkpoint_resumes(tmp_path: Path) -> None:
    def fresh() -> SafuNetwork:
        return SafuNetwork(model.architecture, weights, dropout=0.3)

    model = start(CORPUS, len(WORDS), small()).network
    weights = model.weights()
    whole, again, broken = fresh(), fresh(), fresh()
    stage = Stage(3e-3, steps=30, check_every=10)
    trainer_for(whole, seed=3).run(stage)
    trainer_for(again, seed=3).run(stage)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))

    class PowerCutError(Exception):
        pass

    checkpoint = tmp_path / "stage.pt"
    cut = trainer_for(broken, seed=3, checkpoint=checkpoint)
    steps, loss = 0, cut.loss

    def until_the_lights_go_out(at: np.ndarray) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps > 25:
            raise PowerCutError
        return loss(at)

    cut.loss = until_the_lights_go_out
    with pytest.raises(PowerCutError):
        cut.run(stage)
    resumed = fresh()
    assert trainer_for(resumed, seed=3, checkpoint=checkpoint).run(stage) == 30
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), resumed.parameters(), strict=True))


def test_early_stopping_keeps_the_best() -> None:
    network = start(CORPUS, len(WORDS), small()).network
    losses = iter([3.0, 2.0, 2.5, 2.6, 2.7])
    kept: list[torch.Tensor] = []

    def held() -> float:
        kept.append(network.output.detach().clone())
        return next(losses)

    steps = trainer_for(network, held=held).run(Stage(3e-3, steps=500, check_every=5, patience=1))
    assert steps == 20
    assert torch.equal(network.output, kept[1])


def test_a_stage_has_one_budget() -> None:
    with pytest.raises(ValueError, match="either in CPU seconds or in steps"):
        trainer_for(start(CORPUS, len(WORDS), small()).network).run(Stage(1e-3))


def test_bad_texts_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n \n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"empty\.txt holds no words"):
        read_articles(empty)
    with pytest.raises(ValueError, match="corpus is empty"):
        start(Corpus(np.zeros(0, int), np.zeros(0, int)), 5, small())


def test_from_a_text_to_words_in_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, bundle = tmp_path / "talk.txt", tmp_path / "talk.safu"
    text.write_text("\n".join(" ".join(words[:-1]) for words in TEXT), encoding="utf-8")
    assert main(["talk", str(text), "--out", str(bundle), "--seconds", "0"]) == 0
    assert load(bundle).header.architecture == replace(
        LanguageSettings().architecture, vocabulary=len(WORDS), outputs=len(WORDS), dimensions=512
    )
    assert main(["talk", str(tmp_path / "none.txt"), "--out", str(bundle)]) == 1
    assert safu(["model", "neighbours", "lamp", "--bundle", str(bundle)]) == 0
    assert "is used like" in capsys.readouterr().out
    assert safu(["model", "talk", "--bundle", str(bundle), "--seed", "turn", "--count", "5"]) == 0
    assert len(capsys.readouterr().out.split()) == 6
    assert safu(["model", "neighbours", "xyzzy", "--bundle", str(bundle)]) == 1
