"""Intents: trained, distilled, helped by talk, in integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trainer.baselines.intent_text import tfidf_svm
from trainer.distil import Teachers, distil
from trainer.intents import IntegerIntents, IntentSettings, SafuIntents
from trainer.talk import TalkVectors

DEVICES = ["lamp", "fan", "heater", "radio"]
TEXTS = [
    way.format(name) for way in ("turn on the {}", "{} on please", "turn the {} off", "{} off now") for name in DEVICES
]
LABELS = ["on"] * 8 + ["off"] * 8
ASKED = ["please turn on the light", "turn the light off"]
SMALL = replace(IntentSettings(), bits=400, exact=100, hidden=8, batch=8, shrink=1.0, epochs=100)


@pytest.mark.parametrize(
    "changes",
    [{}, {"warm": False}, {"block": 3, "vocabulary": 20}, {"block": 3, "attention": False}, {"activation": "relu"}],
    ids=str,
)
def test_commands_in_other_words_are_understood(changes: dict[str, object]) -> None:
    model = SafuIntents(replace(SMALL, **changes))  # type: ignore[arg-type]
    model.fit(TEXTS, LABELS)
    shares = model.probabilities(ASKED)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert [model.classes[column] for column in shares.argmax(axis=1)] == ["on", "off"]


def test_a_warm_start_understands_before_any_gradient() -> None:
    model = SafuIntents(replace(SMALL, epochs=0))
    model.fit(TEXTS, LABELS)
    assert [model.classes[column] for column in model.probabilities(ASKED).argmax(axis=1)] == ["on", "off"]


def test_integers_answer_like_floats() -> None:
    model = SafuIntents(SMALL)
    model.fit(TEXTS, LABELS)
    integers = IntegerIntents(model)
    asked = [*TEXTS, *ASKED, "nothing of that", ""]
    assert integers.probabilities(asked) == pytest.approx(model.probabilities(asked), abs=0.03)
    assert integers.stored_bytes < model.stored_bytes


def test_a_student_learns_from_talk_that_nobody_labelled() -> None:
    teacher = tfidf_svm()
    teacher.fit(TEXTS, LABELS)
    student = SafuIntents(SMALL)
    distil(student, Teachers([teacher], [1.0]), TEXTS, LABELS, ["kettle on", "kettle off", "switch off the kettle"])
    assert [student.classes[column] for column in student.probabilities(ASKED).argmax(axis=1)] == ["on", "off"]


def test_a_label_that_no_teacher_knows_is_named() -> None:
    teacher = tfidf_svm()
    teacher.fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="the teachers never saw dim"):
        distil(SafuIntents(SMALL), Teachers([teacher], [1.0]), ["dim it"], ["dim"], [])


def test_words_used_alike_in_talk_are_near() -> None:
    talk = [f"we like the {name} in the {room}".split() for name in DEVICES for room in ("kitchen", "garden", "attic")]
    vectors = TalkVectors.fit(talk, vocabulary=50, dimensions=4)
    unit = {word: vectors.vectors[rank] / np.linalg.norm(vectors.vectors[rank]) for word, rank in vectors.ranks.items()}
    assert unit["lamp"] @ unit["radio"] > 0.9 > unit["lamp"] @ unit["kitchen"]
    encoded = vectors.encode([["lamp", "xyzzy"], []])
    assert (encoded >= 0).all()
    assert encoded[1].sum() == 0
    model = SafuIntents(SMALL, vectors)
    model.fit(TEXTS, LABELS)
    assert model.probabilities(ASKED).shape == (2, 2)
    with pytest.raises(ValueError, match="no integer form"):
        IntegerIntents(model)
