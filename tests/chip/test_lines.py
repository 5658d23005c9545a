"""The lines of a chip: what is written is read back, and what is rubbish is refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.chip.lines import (
    Chunk,
    Heard,
    Info,
    Line,
    Taught,
    encode_chunk,
    encode_heard,
    encode_info,
    encode_request,
    encode_taught,
    parse_at,
    parse_chunk,
    parse_heard,
    parse_info,
    parse_line,
    parse_taught,
)
from device.errors import ChipError

NUMBERS = st.integers(0, 2**32 - 1)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
INFOS = st.builds(Info, **{f.name: NUMBERS for f in fields(Info) if f.name != "lines"}, lines=st.just(1))
PARSERS: tuple[Callable[[str], object], ...] = (parse_heard, parse_taught, parse_chunk, parse_info, parse_at)


@given(st.booleans(), st.integers(0, 10_000), st.builds("{}\t{}".format, NAMES, NAMES))
def test_what_was_heard_is_read_back(acts: bool, share: int, action: str) -> None:
    heard = Heard(acts, share / 10_000, action)
    assert parse_heard(encode_heard(heard)) == heard


@given(NUMBERS, NUMBERS)
def test_what_was_taught_is_read_back(lessons: int, mark: int) -> None:
    assert parse_taught(f"saved {encode_taught(Taught(lessons, mark))}") == Taught(lessons, mark)


@given(NUMBERS, st.binary(min_size=1, max_size=200))
def test_a_chunk_is_read_back_and_a_damaged_one_is_not(offset: int, data: bytes) -> None:
    text = encode_chunk(Chunk(offset, data))
    assert parse_chunk(text) == Chunk(offset, data)
    damaged = text[:-1] + ("0" if text[-1] != "0" else "1")
    with pytest.raises(ChipError):
        parse_chunk(damaged)


@given(INFOS, st.text(st.characters(exclude_categories=["C", "Z"]), max_size=9))
def test_what_a_chip_says_of_itself_is_read_back(info: Info, more: str) -> None:
    assert parse_info(f"{encode_info(info)} later_key={more}") == info


@given(st.from_regex(r"[!-~]{1,8}", fullmatch=True), st.text(st.characters(exclude_categories=["C"])))
def test_a_tag_comes_back_with_its_text(tag: str, text: str) -> None:
    assert parse_line(encode_request(tag, text).removesuffix(b"\n")) == Line(tag, text)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line_and_rubbish_is_an_error(data: bytes) -> None:
    text = parse_line(data).text
    for parse in PARSERS:
        try:
            parse(text)
        except ChipError:
            continue


@pytest.mark.parametrize("request_", ["hear a\nmodel return", "hear a\rb"])
def test_a_request_is_one_line(request_: str) -> None:
    with pytest.raises(ValueError, match="no request of one line"):
        encode_request("1", request_)


def test_another_version_is_named() -> None:
    with pytest.raises(ChipError, match="version 2 of the lines"):
        parse_info("lines=2 speed=9")


@pytest.mark.parametrize("text", ["act 1.0001 lamp on", "act 0.5 lamp on", "perhaps 0.5000 lamp on", "act 0.5000 "])
def test_an_impossible_answer_is_refused(text: str) -> None:
    with pytest.raises(ChipError, match="makes no sense"):
        parse_heard(text)


def test_the_examples_of_the_document_are_answers() -> None:
    document = (Path(__file__).parents[2] / "firmware_export/runtime/LINES.md").read_text(encoding="utf-8")
    examples = re.findall(r"^    (?:hear|teach) .* {2,}ok (.*)$", document, re.MULTILINE)
    assert [parse_heard(text).acts for text in examples[:2]] == [True, False]
    assert parse_taught(examples[2]).lessons == 1
