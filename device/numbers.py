"""Spoken numbers to a placeholder and back: "thirty percent" -> `<number> percent` and 30.

The model learns *that* a number was said, never which one, so one lesson teaches every number. "Half" is 50, as of a
dimmer, unless it is half of something said. Left out: ordinals, other fractions and anything past 999, which no switch
of a household takes.
"""

from __future__ import annotations

from collections.abc import Sequence

NUMBER = "<number>"

_ONE_TO_NINETEEN = (
    "one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_ONES = {"zero": 0} | {word: value for value, word in enumerate(_ONE_TO_NINETEEN.split(), start=1)}
_HALVED = frozenset({"a", "an", "the", "of", "past", "my", "hour", "way"})
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS.split(), start=2)}


def replace_numbers(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The words with each number replaced by `NUMBER`, and the numbers in order.

    >>> replace_numbers("dim it to twenty one percent".split())
    (('dim', 'it', 'to', '<number>', 'percent'), (21.0,))
    >>> replace_numbers("dim it to half".split()), replace_numbers("half an hour".split())[1]
    ((('dim', 'it', 'to', '<number>'), (50.0,)), ())
    >>> replace_numbers(["a", "hundred"]), replace_numbers(["55"])
    ((('<number>',), (100.0,)), (('<number>',), (55.0,)))
    """
    replaced: list[str] = []
    values: list[float] = []
    position = 0
    while position < len(words):
        value, length = _number_at(words, position)
        if length:
            replaced.append(NUMBER)
            values.append(float(value))
        else:
            replaced.append(words[position])
        position += max(length, 1)
    return tuple(replaced), tuple(values)


def say_number(value: int) -> tuple[str, ...]:
    """The words of a whole number from 0 to 999, the inverse of `replace_numbers`.

    >>> " ".join(say_number(342))
    'three hundred forty two'
    """
    hundreds, rest = divmod(value, 100)
    ones = {number: word for word, number in _ONES.items()}
    tens = {number: word for word, number in _TENS.items()}
    words = [ones[hundreds], "hundred"] if hundreds else []
    if rest >= 20:
        words.append(tens[rest - rest % 10])
        rest %= 10
        if not rest:
            return tuple(words)
    if rest or not words:
        words.append(ones[rest])
    return tuple(words)


def _number_at(words: Sequence[str], start: int) -> tuple[int, int]:
    """The number that begins at `start` and how many words it takes; length 0 where none begins."""
    if words[start].isascii() and words[start].isdigit() and len(words[start]) <= 3:
        return int(words[start]), 1
    rest = words[start : start + 5]
    if rest[0] == "half":
        return (0, 0) if len(rest) > 1 and rest[1] in _HALVED else (50, 1)
    if tuple(rest[:2]) == ("a", "hundred"):
        hundreds, used = 100, 2
    elif len(rest) > 1 and rest[1] == "hundred" and 1 <= _ONES.get(rest[0], 0) <= 9:
        hundreds, used = 100 * _ONES[rest[0]], 2
    else:
        hundreds, used = 0, 0
    after_and = used + 1 if used and len(rest) > used + 1 and rest[used] == "and" else used
    below, length = _below_hundred(rest[after_and:])
    return hundreds + below, (after_and + length if length else used)


def _below_hundred(words: Sequence[str]) -> tuple[int, int]:
    if not words:
        return 0, 0
    if words[0] in _TENS:
        one = _ONES.get(words[1], 0) if len(words) > 1 else 0
        return (_TENS[words[0]] + one, 2) if 1 <= one <= 9 else (_TENS[words[0]], 1)
    if words[0] in _ONES:
        return _ONES[words[0]], 1
    return 0, 0
