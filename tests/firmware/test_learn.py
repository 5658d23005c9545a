"""Learning in C is learning in Python: the same memory and the same logits after any lessons, and the same refusals."""

from __future__ import annotations

import ctypes
import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.safu.integer_counts import IntegerCounts, LessonError, heard, log2_of
from firmware_export.host_learning import HostLearning
from firmware_export.host_slots import FlashDouble, HostSlots
from tests.firmware.test_text import LINES
from tests.safu.test_integer_counts import STORY, WORDS

SIZES = [(256, 4, 8), (1, 1, 0), (7, 3, 1), (4_096, 2, 255), (100, 255, 3)]
WITHIN_REACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@dataclass
class Both:
    """The chip, and what it must equal."""

    chip: HostLearning
    reference: IntegerCounts

    @classmethod
    def of(cls, made: ctypes.CDLL, rows: int, actions: int, phrases: int, nothing: int = 0) -> Both:
        return cls(HostLearning(made, rows, actions, phrases, nothing), IntegerCounts(rows, actions, phrases, nothing))

    def step(self, line: bytes, action: int, *, back: bool, ended: bool = True) -> str:
        """A lesson, or one taken back; what both say to it."""
        self.chip.hear(line, ended=ended)
        features = heard(line, ended=ended)
        assert self.chip.said.listed() == features
        said = [
            outcome(lambda: (self.chip.unlearn_one if back else self.chip.learn_one)(action)),
            outcome(lambda: (self.reference.unlearn_one if back else self.reference.learn_one)(features, action)),
        ]
        assert said[0] == said[1]
        assert self.chip.state() == self.reference.pack()
        return said[0]

    def agree(self, line: bytes, slow: list[int], *, ended: bool = True) -> None:
        self.chip.hear(line, ended=ended)
        assert self.chip.logits(slow) == self.reference.predict_one(heard(line, ended=ended), slow)


def outcome(step: object) -> str:
    assert callable(step)
    try:
        step()
    except LessonError as error:
        return error.status
    return "SAFU_OK"


def a_line(rng: random.Random) -> bytes:
    return " ".join(rng.choices(WORDS, k=rng.choice((0, 1, 2, 3, 4, 5, 6, 60)))).encode()


def a_model(rng: random.Random, actions: int) -> list[int]:
    return [rng.randint(-(2**31) + 1, 2**31 - 1) >> rng.randint(0, 20) for _ in range(rng.randint(0, actions))]


@pytest.mark.parametrize("sizes", SIZES)
def test_any_lessons(chip: ctypes.CDLL, sizes: tuple[int, int, int]) -> None:
    rng = random.Random(str(sizes))
    both = Both.of(chip, *sizes, nothing=rng.randrange(sizes[1]))
    said = set()
    taught: list[tuple[bytes, int]] = []
    for _ in range(400):
        line, action = a_line(rng), rng.randrange(sizes[1])
        if taught and rng.random() < 0.3:
            line, action = rng.choice(taught)
        done = both.step(line, action, back=rng.random() < 0.3, ended=rng.random() < 0.9)
        said.add(done)
        taught.append((line, action))
        both.agree(a_line(rng), a_model(rng, sizes[1]), ended=rng.random() < 0.5)
        both.agree(line, [])
    assert {"SAFU_OK", "SAFU_NOTHING_HEARD", "SAFU_TOO_LONG"} <= said
    assert both.step(b"lamp on", sizes[1], back=False) == "SAFU_OUT_OF_RANGE"


@WITHIN_REACH
@given(st.lists(st.tuples(LINES, st.integers(0, 4), st.booleans()), max_size=12), LINES)
def test_any_text(chip: ctypes.CDLL, steps: list[tuple[bytes, int, bool]], asked: bytes) -> None:
    both = Both.of(chip, 64, 4, 4)
    for line, action, back in steps:
        both.step(line, action, back=back)
        both.agree(asked, [])
        both.agree(asked, [100, -5_000, 2_000], ended=False)


@pytest.mark.parametrize("rows", [1, 40])
def test_a_full_table_refuses_and_is_as_before(chip: ctypes.CDLL, rows: int) -> None:
    both = Both.of(chip, rows, 2, 2)
    rng = random.Random(rows)
    assert both.step(b"lamp", 1, back=True) == "SAFU_NEVER_LEARNED"
    said = [both.step(b"%d lamp" % rng.randrange(9), 1, back=False) for _ in range(300)]
    assert said[0] == "SAFU_OK"
    assert said[-1] == "SAFU_FULL"
    both.agree(b"lamp on", [])


def test_a_pause_may_turn_out_not_to_be_the_end(chip: ctypes.CDLL) -> None:
    learning = HostLearning(chip, 64, 2, 2)
    learning.hear(b"lamp on lamp on")
    learning.end()
    assert learning.said.listed() == heard(b"lamp on lamp on")
    learning.word(b"please")
    assert learning.said.listed() == heard(b"lamp on lamp on please", ended=False)


def test_of_a_sentence_the_first_64_words_count(chip: ctypes.CDLL) -> None:
    learning = HostLearning(chip, 64, 2, 2)
    line = b" ".join(b"w%d" % number for number in range(70))
    learning.hear(line)
    assert learning.said.listed() == heard(line)
    assert len(heard(line)) == 129


def test_every_logarithm_that_counts_need(chip: ctypes.CDLL) -> None:
    values = [*range(1, 9_000), *(2**power + 12_345 % 2**power for power in range(31)), 2**31 - 1]
    assert [chip.safu_log2(value) for value in values] == [log2_of(value) for value in values]


def test_it_goes_on_where_it_was(chip: ctypes.CDLL) -> None:
    before, after = Both.of(chip, 128, 4, 3), HostLearning(chip, 1, 1, 0)
    for text, action in STORY:
        before.step(text.encode(), action, back=False)
    after.resume(before.chip.state())
    after.actions = 4
    for text, _ in STORY:
        after.hear(text.encode())
        before.chip.hear(text.encode())
        assert after.logits() == before.chip.logits()


def test_a_blank_chip_is_taught_by_its_switch_and_loses_power(chip: ctypes.CDLL) -> None:
    size = 12 * 1024
    learning, flash = HostLearning(chip, 512, 4, 16), FlashDouble(size, 1024)
    assert {best(learning, text) for text, _ in STORY} == {0}
    for text, action in STORY:
        learning.hear(text.encode())
        learning.learn_one(action)
        HostSlots(chip, flash, 0, size).save(learning.state())
    flash = flash.restarted()
    learning.resume(HostSlots(chip, flash, 0, size).load(len(learning.state()))[0])
    others = {"please switch the lamp on": 1, "turn the lamp off please": 2, "turn on the fan": 3, "how are you": 0}
    assert {text: best(learning, text) for text in others} == others
    learning.hear(b"is the lamp on the list")
    learning.learn_one(0)
    assert best(learning, "is the lamp on the list") == 0
    assert best(learning, "turn on the lamp") == 1


def best(learning: HostLearning, text: str) -> int:
    learning.hear(text.encode())
    logits = learning.logits()
    return logits.index(max(logits))


def test_a_state_that_cannot_be_is_refused(chip: ctypes.CDLL) -> None:
    both = Both.of(chip, 32, 3, 2)
    for text, action in STORY[:6]:
        both.step(text.encode(), action, back=False)
    state = np.frombuffer(both.chip.state(), np.uint8)
    rng = random.Random(3)
    said = set()
    for _ in range(1_000):
        other = state.copy()
        other[rng.randrange(rng.choice((8, 40, len(state))))] ^= rng.randrange(1, 256)
        data = other.tobytes()
        said.add(verdict := outcome(lambda data=data: HostLearning(chip, 1, 1, 0).resume(data)))
        if verdict == "SAFU_OK":
            resumed = HostLearning(chip, 1, 1, 0)
            resumed.resume(data)
            resumed.actions = 3
            resumed.hear(b"the lamp")
            assert resumed.logits() == IntegerCounts.unpack(data).predict_one(heard(b"the lamp"))
        else:
            with pytest.raises(ValueError, match=r"state|hold|chip"):
                IntegerCounts.unpack(data)
    assert said == {"SAFU_OK", "SAFU_BAD_SHAPE", "SAFU_TOO_LITTLE_MEMORY"}
    assert outcome(lambda: HostLearning(chip, 1, 1, 0).resume(state.tobytes()[:7])) == "SAFU_TOO_LITTLE_MEMORY"


@pytest.mark.parametrize("sizes", [(0, 2, 2), (5_000, 2, 2), (8, 0, 2), (8, 256, 2), (8, 2, 256), (8, 2, 2, 2)])
def test_sizes_that_do_not_fit(chip: ctypes.CDLL, sizes: tuple[int, ...]) -> None:
    assert outcome(lambda: HostLearning(chip, *sizes)) == "SAFU_OUT_OF_RANGE"
