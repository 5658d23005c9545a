"""The model in C answers as the integers do, after every word of any line; and if it did not, it would be noticed."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.errors import ExportError
from device.safu.image import Kind, pack_image, unpack_image
from device.safu.integer_reference import softmax_of
from device.safu.mixed_code import MixedCode
from firmware_export.exported import Exported
from firmware_export.host import RUNTIME, HostIntents, library
from firmware_export.parity import compare
from tests.firmware.test_text import LINES
from tests.images import FEATURES, image, integers

WORDS = ("turn", "on", "off", "the", "lamp", "küche", "please", "x" * 90, "\N{SNOWMAN}", "bright" * 3)
WITHIN_REACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def exported(
    hidden: int = 64, actions: int = 64, rows: int = 400, activation: Literal["tanh", "relu", "linear"] = "tanh"
) -> Exported:
    model = integers(hidden, actions, rows, activation)
    return Exported(model, MixedCode(FEATURES, rows), tuple(f"action {number}" for number in range(actions)))


def lines(count: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join(rng.choice(WORDS, rng.integers(0, 12))) for _ in range(count)]


def on_chip(chip: ctypes.CDLL, model: Exported) -> HostIntents:
    return HostIntents(chip, model.image().pack())


def test_every_answer_is_that_of_the_integers(chip: ctypes.CDLL) -> None:
    model = exported()
    found = compare(model, on_chip(chip, model).answers, lines(320))
    assert found.outputs > 120_000
    assert (found.differing_outputs, found.worst, found.differing_actions) == (0, 0, 0)


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize(("hidden", "actions", "rows"), [(1, 1, 7), (5, 3, 8), (6, 7, 500), (17, 66, 90)])
def test_any_shape(
    chip: ctypes.CDLL, hidden: int, actions: int, rows: int, activation: Literal["tanh", "relu", "linear"]
) -> None:
    model = exported(hidden, actions, rows, activation)
    assert compare(model, on_chip(chip, model).answers, lines(20)).differing_outputs == 0


@pytest.mark.parametrize("shifts", [(1, 1), (4, 14), (14, 16), (17, 30), (40, 44)])
def test_any_factor(chip: ctypes.CDLL, shifts: tuple[int, int]) -> None:
    """Whether 32 bits hold a product or not."""
    model = Exported(integers(7, 9, 60, "linear", shifts=shifts), MixedCode(FEATURES, 60), ("a",) * 9)
    long = ["lamp " * 60, "x" * 4_000]
    assert compare(model, on_chip(chip, model).answers, [*lines(20), *long]).differing_outputs == 0


@WITHIN_REACH
@given(LINES)
def test_any_line(chip: ctypes.CDLL, line: bytes) -> None:
    model = exported(6, 5)
    assert compare(model, on_chip(chip, model).answers, [line]).differing_outputs == 0


def test_what_comes_late_does_not_count(chip: ctypes.CDLL) -> None:
    model = exported(6, 5)
    late = ["x" * 9_000 + " lamp", " ".join(["lamp", "on"] * 40), "x" * 200 + " " + "on " * 62, "y" * 8_192]
    assert compare(model, on_chip(chip, model).answers, late).differing_outputs == 0


def test_to_ask_for_the_end_does_not_end(chip: ctypes.CDLL) -> None:
    model = exported(6, 5)
    there = on_chip(chip, model)
    expected = list(model.answers("lamp on"))
    there.hear(b"lamp")
    for _ in range(3):
        assert not np.array_equal(there.logits(ended=True), expected[0])
        assert there.logits(ended=False).tolist() == expected[0].tolist()
    there.hear(b"on")
    assert there.logits(ended=True).tolist() == expected[2].tolist()


def test_the_best_action_and_its_share(chip: ctypes.CDLL) -> None:
    model = exported()
    there = on_chip(chip, model)
    for line in lines(50):
        *_, logits = there.answers(line)
        best = int(logits.argmax())
        assert there.best() == (model.actions[best], softmax_of(logits[np.newaxis])[0, best])


def test_an_image_that_is_none_is_refused_by_name(chip: ctypes.CDLL) -> None:
    data = image().pack()
    shape = pack_image(Kind.INTENTS, [b"\xff" * 24, b""])
    for wrong, name in (
        (b"", "NOT_AN_IMAGE"),
        (data[:20], "NOT_AN_IMAGE"),
        (b"SAFO" + data[4:], "NOT_AN_IMAGE"),
        (data[:4] + b"\2" + data[5:], "OTHER_VERSION"),
        (data[:-4], "TRUNCATED"),
        (data[:-1] + bytes([data[-1] ^ 1]), "DAMAGED"),
        (shape, "BAD_SHAPE"),
    ):
        with pytest.raises(ExportError, match=f"SAFU_{name}"):
            HostIntents(chip, wrong)


@WITHIN_REACH
@given(st.integers(0, len(image().pack()) * 8 - 1))
def test_no_flipped_bit_is_taken(chip: ctypes.CDLL, bit: int) -> None:
    data = bytearray(image().pack())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ExportError, match="SAFU_"):
        HostIntents(chip, bytes(data))


@WITHIN_REACH
@given(st.data())
def test_sections_that_do_not_fit_are_refused(chip: ctypes.CDLL, data: st.DataObject) -> None:
    """Under a right CRC: what a damaged exporter, not a damaged flash, would give."""
    sections = unpack_image(image().pack())[1]
    at = data.draw(st.integers(0, len(sections) - 1))
    sections[at] = data.draw(st.binary(max_size=len(sections[at]) + 8).filter(lambda b: len(b) != len(sections[at])))
    with pytest.raises(ExportError, match="SAFU_BAD_SHAPE"):
        HostIntents(chip, pack_image(Kind.INTENTS, sections))


def test_an_action_out_of_range_is_named(chip: ctypes.CDLL) -> None:
    there = HostIntents(chip, image().pack())
    assert there.action(4) == "lamp 4\t\N{SNOWMAN}on"
    with pytest.raises(ExportError, match="SAFU_OUT_OF_RANGE"):
        there.action(5)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("safu_intents.c", "(bits - 17)", "(bits - 16)"),
        ("safu_intents.c", "& 0x3fff) * root", "& 0x1fff) * root"),
        ("safu_intents.c", "2 * 128 * features", "2 * 127 * features"),
        ("safu_intents.c", "1 + turns % (shared - 1)", "1 + turns % shared"),
        ("safu_text.c", "LONGEST_PIECE = 5", "LONGEST_PIECE = 4"),
        ("safu_text.c", "& 0xc0) != 0x80", "& 0xc0) != 0xc0"),
        ("safu_tables.c", "+ (1 << (step - 1))", "+ (1 << (step - 2))"),
        ("safu_bag.c", "sums[3] += lanes[1] >> 16", "sums[3] += lanes[1] >> 17"),
        ("safu_intents.c", "sentence->lanes[at] = 0;", ";"),
    ],
)
def test_a_mistake_would_be_noticed(file: str, right: str, wrong: str, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path / "runtime"
    shutil.copytree(RUNTIME, folder)
    source = (folder / file).read_text()
    assert source.count(right) == 1
    (folder / file).write_text(source.replace(right, wrong))
    model = exported()
    with library("gcc", ["-Wno-error"], folder) as mistaken:
        there = HostIntents(mistaken, model.image().pack())
        assert compare(model, there.answers, lines(20)).differing_outputs > 0
