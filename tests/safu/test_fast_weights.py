"""The fast memory against the closed form it must equal, and what it is for: recall at once, the newest wins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.safu.fast_weights import ROWS, FastWeights, Key, key_of
from device.safu.mixed_code import features_of

RNG = np.random.default_rng(0)
WORDS = "turn switch on off the kitchen bedroom light fan please movie time now dim".split()
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)
WRITES = st.lists(st.tuples(PHRASES, st.sampled_from("abcd"), st.sampled_from([0.25, 1.0, 4.0])), max_size=20)


def key(words: list[str]) -> Key:
    return key_of(features_of(words))


def dense(made: Key) -> np.ndarray:
    vector = np.zeros(ROWS)
    vector[made.rows] = made.values
    return vector


def written(writes: list[tuple[list[str], str, float]], capacity: int = 512) -> FastWeights[str]:
    memory: FastWeights[str] = FastWeights(capacity=capacity)
    for words, label, weight in writes:
        memory.write(key(words), [label], weight)
    return memory


def solved(writes: list[tuple[list[str], str, float]], asked: list[str]) -> dict[str, float]:
    """Ridge regression on the newest value of every key, by a library: what the delta rule converges to."""
    newest: dict[tuple[tuple[int, float], ...], tuple[Key, str, float]] = {}
    for words, label, weight in writes:
        made = key(words)
        name = tuple(sorted(zip(made.rows.tolist(), made.values.tolist(), strict=True)))
        _, before, heavy = newest.get(name, (made, label, 0.0))
        newest[name] = (made, label, heavy + weight if before == label else max(heavy, weight))
    labels = sorted({label for _, label, _ in writes})
    if not newest:
        return {}
    keys = np.stack([dense(made) for made, _, _ in newest.values()])
    values = np.array([[float(label == other) for other in labels] for _, label, _ in newest.values()])
    ridge = np.diag([0.3 / weight for _, _, weight in newest.values()])
    strengths = dense(key(asked)) @ keys.T @ np.linalg.solve(keys @ keys.T + ridge, values)
    return dict(zip(labels, strengths.tolist(), strict=True))


@given(WRITES, PHRASES)
def test_every_write_is_the_fixed_point_of_the_delta_rule(
    writes: list[tuple[list[str], str, float]], asked: list[str]
) -> None:
    assert written(writes).read(key(asked)) == pytest.approx(solved(writes, asked), abs=1e-4)


@given(WRITES, PHRASES)
def test_the_same_writes_make_the_same_memory(writes: list[tuple[list[str], str, float]], asked: list[str]) -> None:
    assert written(writes).read(key(asked)) == written(writes).read(key(asked))


@given(WRITES, PHRASES, PHRASES)
def test_a_full_memory_is_one_without_the_oldest(
    writes: list[tuple[list[str], str, float]], last: list[str], asked: list[str]
) -> None:
    distinct = list({tuple(words): (words, label, weight) for words, label, weight in writes}.values())
    distinct = [write for write in distinct if write[0] != last]
    if len(distinct) < 2:
        return
    full = written([*distinct, (last, "a", 1.0)], capacity=len(distinct))
    kept = written([*distinct[1:], (last, "a", 1.0)])
    assert len(full) == len(distinct)
    read = full.read(key(asked))
    assert {label: read.get(label, 0.0) for label in kept.labels} == pytest.approx(kept.read(key(asked)), abs=1e-4)


def test_one_write_is_recalled_at_once() -> None:
    memory = written([(["turn", "on", "the", "light"], "on", 1.0)])
    assert memory.read(key(["turn", "on", "the", "light"]))["on"] == pytest.approx(1 / 1.3)
    assert memory.familiarity(key(["turn", "on", "the", "light"])) == pytest.approx(1 / 1.3)
    assert memory.familiarity(key(["some", "music"])) < 0.1


def test_the_newest_value_wins_and_the_others_stay() -> None:
    others = [(["fan", "off"], "c", 1.0), (["movie", "time"], "d", 1.0)]
    memory = written([(["light", "on"], "a", 5.0), *others, (["light", "on"], "b", 1.0)])
    read = memory.read(key(["light", "on"]))
    assert read["b"] > 0.7 > 0.2 > read["a"]
    assert memory.read(key(["movie", "time"]))["d"] > 0.7


def test_what_has_no_features_is_not_written() -> None:
    memory = written([([], "a", 1.0)])
    assert len(memory) == 0
    assert memory.read(key([])) == {}


def test_memory_is_bounded() -> None:
    memory = written([([str(number)], "a", 1.0) for number in range(300)], capacity=100)
    assert len(memory) == 100
    assert memory.stored_bytes < 4 * ROWS * 128 + 8 * 2 * 128 * 129
