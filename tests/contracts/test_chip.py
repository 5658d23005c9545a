"""What a chip promises at its lines; the double and the C code keep it alike, byte by byte."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.chip.brain import Room
from device.chip.double import ChipDouble
from device.chip.flash import PAGE_BYTES, Flash, Slot
from device.chip.lines import Chunk, encode_chunk
from device.safu.image import Kind, pack_image
from firmware_export.chip_firmware import ChipSizes, for_host
from tests.images import image

OWN = image(actions=5).pack()
OTHER = image(actions=3, seed=1).pack()
ROOM = Room(rows=32, phrases=3, names=3)
WITHIN_REACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)


class Double:
    """The chip in Python, with the same flash at each power-up."""

    def __init__(self) -> None:
        self._flash = Flash(Slot(OWN, 3))

    def answers(self, lines: bytes) -> bytes:
        chip = ChipDouble(self._flash, ROOM)
        return chip.greeting() + chip.read(lines)


class Powered:
    """The chip in C, with the same flash at each power-up."""

    def __init__(self, program: Path, flash: Path) -> None:
        self._program, self._flash = program, flash

    def answers(self, lines: bytes) -> bytes:
        environment = {"SAFU_FLASH_FILE": str(self._flash)}
        return subprocess.run([self._program], input=lines, capture_output=True, env=environment, check=True).stdout


Answers = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chip in C, with what finds undefined behaviour compiled in."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("chip")
    sanitised = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    return for_host(folder, OWN, ChipSizes(ROOM), "gcc", *sanitised)


@pytest.fixture(params=["double", "c"])
def chip(request: pytest.FixtureRequest, tmp_path: Path) -> Answers:
    """Asks for some lines; returns what is answered after the greeting. Each call is a power-up."""
    is_real = request.param == "c"
    made = Powered(request.getfixturevalue("program"), tmp_path / "flash") if is_real else Double()

    def answers(lines: str) -> list[str]:
        greeting, *rest = made.answers(lines.encode()).decode().split("\n")
        assert greeting == "ready"
        return rest[:-1]

    return answers


def delivery(data: bytes, version: int, *, end: str = "model end\n", first: int = 0) -> str:
    """The lines that send an image."""
    pieces = [Chunk(at, data[at : at + 128]) for at in range(first, len(data), 128)]
    begin = f"model begin {len(data)} {zlib.crc32(data):08x} {version}\n"
    return begin + "".join(f"model data {encode_chunk(piece)}\n" for piece in pieces) + end


def test_a_lesson_is_safe_when_it_is_answered(chip: Answers) -> None:
    heard, taught = chip("hear open sesame\nteach lamp 2\t\N{SNOWMAN}on\n")
    assert taught.startswith("ok learned 1 ")
    after, info = chip("hear open sesame\ninfo\n")
    assert after.split()[-2:] == ["2", "\N{SNOWMAN}on"]
    assert after != heard
    assert "lessons=1 " in info


def test_what_is_not_saved_is_gone(chip: Answers) -> None:
    assert chip("hear open sesame\nlearn nothing\n")[-1].startswith("ok learned 1 ")
    assert "lessons=0 mark=00000000" in chip("info\n")[0]


def test_undo_takes_back_the_last_lesson_and_no_other(chip: Answers) -> None:
    said = chip("hear a b\nteach nothing\nhear c d\nteach lamp 1 \N{SNOWMAN}on\nundo\nundo\nsave\n")
    assert [line.split()[:3] for line in said[3:]] == [
        ["ok", "learned", "2"],
        ["ok", "unlearned", "1"],
        ["err", "SAFU_NOTHING_TO_UNDO"],
        ["ok", "saved", "1"],
    ]
    assert said[1].split()[-1] == said[-1].split()[-1]


def test_actions_are_named_until_there_is_no_room(chip: Answers) -> None:
    said = chip("name a\tb\nname a\tb\nname c\td\nname e\tf\nname gh\nhear x\nteach c d\nactions\n")
    assert said[:5] == ["ok 7", "ok 7", "ok 8", "err SAFU_NO_ROOM", "err SAFU_BAD_ARGUMENT"]
    assert said[-4:] == ["action nothing", "action a\tb", "action c\td", "ok 8"]
    assert chip("actions\n")[-1] == "ok 8", "kept with the lesson"


def test_a_tag_stands_before_every_line_of_its_answer(chip: Answers) -> None:
    assert chip("@abc actions\n@abc nonsense\n@123456789 info\n@x\n@\n") == [
        *(f"@abc action lamp {number}\t\N{SNOWMAN}on" for number in range(5)),
        "@abc action nothing",
        "@abc ok 6",
        "@abc err SAFU_UNKNOWN_REQUEST",
        "err SAFU_UNKNOWN_REQUEST",
        "@x err SAFU_UNKNOWN_REQUEST",
        "err SAFU_UNKNOWN_REQUEST",
    ]


def test_a_line_too_long_is_refused_whole_and_the_next_one_heard(chip: Answers) -> None:
    assert chip("@1 hear " + "x" * 400 + "\nsave\r\n\n  \n") == ["@1 err SAFU_LINE_TOO_LONG", "ok saved 0 00000000"]


def test_a_model_is_taken_tried_kept_and_returned(chip: Answers) -> None:
    said = chip(delivery(OTHER, 4))
    assert said[0] == "ok at 0"
    assert said[-1] == "ok acting 4"
    crc = f"{zlib.crc32(OTHER):08x}"
    assert f"version=4 crc={crc} before=0 before_crc=00000000 own={zlib.crc32(OWN):08x} trial=1" in chip("info\n")[0]
    assert chip("model keep\ninfo\n")[1].split("trial=")[1][0] == "0"
    assert chip(delivery(OWN, 5))[-1] == "ok acting 5"
    assert chip("model return\n") == ["ok acting 4"]
    assert f"version=4 crc={crc} before=5 before_crc={zlib.crc32(OWN):08x}" in chip("info\n")[0]
    assert chip("model drop\n") == ["ok acting 3"]
    assert chip("model return\n") == ["err SAFU_NO_MODEL_BEFORE"]


def test_lessons_begin_anew_with_a_model(chip: Answers) -> None:
    assert chip("hear a\nteach nothing\n" + delivery(OTHER, 4) + "save\n")[-1] == "ok saved 0 00000000"


def test_a_delivery_goes_on_after_a_power_cut(chip: Answers) -> None:
    large = image(hidden=60, actions=9, rows=400).pack()
    begin, _, rest = delivery(large, 4).partition("\n")
    pieces = rest.splitlines(keepends=True)
    assert chip(begin + "\n" + "".join(pieces[:100]))[-1] == f"ok at {100 * 128}"
    assert chip(pieces[100]) == ["err SAFU_NOTHING_SENT"]
    (answer,) = chip(begin + "\n")
    first = int(answer.removeprefix("ok at "))
    assert first == 100 * 128 // PAGE_BYTES * PAGE_BYTES, "the last page may not be whole"
    assert chip(delivery(large, 4, first=first - PAGE_BYTES))[-1] == "ok acting 4"


def test_what_is_no_model_is_refused_and_the_old_one_goes_on(chip: Answers) -> None:
    shapeless = pack_image(Kind.INTENTS, [b"\xff" * 24, b""])
    said = chip(delivery(shapeless, 4) + "info\n")
    assert said[-2] == "err SAFU_BAD_SHAPE"
    assert "version=3 " in said[-1]
    damaged = delivery(OTHER, 4).replace(f"{zlib.crc32(OTHER):08x}", "00000000", 1)
    assert chip(damaged + "model end\n")[-2:] == ["err SAFU_DAMAGED", "err SAFU_NOTHING_SENT"]


def test_pieces_out_of_step_are_refused(chip: Answers) -> None:
    piece = encode_chunk(Chunk(0, OTHER[:128]))
    later = encode_chunk(Chunk(128, OTHER[128:256]))
    said = chip(
        f"model data {piece}\nmodel end\n{delivery(OTHER, 4).splitlines()[0]}\nmodel data {later}\n"
        f"model data {piece}\nmodel data {piece}\nmodel data {later[:-1]}\nmodel data {later[:-2]}00\nmodel end\n"
        f"model begin 999999999 00000000 4\nmodel begin 0 00000000 4\nmodel begin 4 0 4\n"
    )
    assert [line.removeprefix("err SAFU_") for line in said] == [
        *("NOTHING_SENT", "NOTHING_SENT", "ok at 0", "OUT_OF_STEP", "ok at 128", "OUT_OF_STEP", "BAD_ARGUMENT"),
        *("DAMAGED", "OUT_OF_STEP", "TOO_LARGE", "TOO_LARGE", "BAD_ARGUMENT"),
    ]


NAMES = st.sampled_from(["nothing", "lamp 1 \N{SNOWMAN}on", "lamp 2\t\N{SNOWMAN}on", "a\tb", "a b", "\t", "", "x"])
SENTENCES = st.sampled_from(["turn on the lamp", "Lamp  OFF", "küche", "", "a " * 70, "sesame"])
PIECES = delivery(OTHER, 4).splitlines()
REQUESTS = st.one_of(
    st.builds("hear {}".format, SENTENCES),
    st.builds("partial {}".format, SENTENCES),
    *(st.builds((verb + " {}").format, NAMES) for verb in ("teach", "learn", "name")),
    st.sampled_from(["undo", "blank", "save", "actions", "info", "@1 info", "@ x", "model", "save x", "info\r"]),
    st.sampled_from(["model keep", "model return", "model drop", "model end", delivery(OTHER, 4).rstrip("\n")]),
    st.sampled_from([PIECES[0], PIECES[1], PIECES[0] + "\n" + "\n".join(PIECES[1:9]), "model begin 9 00000000 1"]),
).map(str.encode) | st.binary(max_size=40)


@WITHIN_REACH
@given(st.lists(st.lists(REQUESTS, max_size=12), min_size=1, max_size=3))
def test_c_and_the_double_answer_alike(program: Path, tmp_path: Path, powered: list[list[bytes]]) -> None:
    """Whatever they are told, and however often power is cut between."""
    flash = tmp_path / "flash"
    flash.unlink(missing_ok=True)
    there, here = Powered(program, flash), Double()
    for lines in powered:
        data = b"".join(line + b"\n" for line in lines)
        assert there.answers(data) == here.answers(data)
