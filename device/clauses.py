"""One sentence, several commands, and second thoughts: each command worded as if it stood alone.

    turn on the kitchen light and turn off the fan  ->  turn on the kitchen light | turn off the fan
    turn on the kitchen light and the fan           ->  turn on the kitchen light | turn on the fan
    turn on the lamp and set it to thirty           ->  turn on the lamp | lamp set it to thirty
    turn on no off the kitchen light                ->  turn off the kitchen light

What a clause lacks, the name or everything else, it takes from the one before it. Left out: whether they mean anything,
which the model says (`anticipator.py`); clauses that are not commands are then not taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from device.safu.word_order import ARTICLES

_CONNECTORS = frozenset({"and", "then", "also", "plus"})
_REPAIRS = frozenset({"no", "wait", "sorry", "actually", "rather"})


def clauses(words: Sequence[str], names: Set[str]) -> list[tuple[str, ...]]:
    """The commands of a sentence; `names` are the words that devices are called by, and never separate.

    >>> [" ".join(clause) for clause in clauses("turn on the lamp and then the fan".split(), {"lamp", "fan"})]
    ['turn on the lamp', 'turn on the fan']
    >>> [" ".join(clause) for clause in clauses("turn on the lamp no off".split(), {"lamp"})]
    ['lamp off']
    """
    made: list[tuple[str, ...]] = []
    for number, clause in enumerate(_split(words, _CONNECTORS - names)):
        *before, said = _split(clause, _REPAIRS - names)
        for thought in before[-1:]:
            said = _completed(said, thought, names, is_repair=True)
        made.append(_completed(said, made[-1], names, is_repair=False) if number else said)
    return made


def _split(words: Sequence[str], separators: Set[str]) -> list[tuple[str, ...]]:
    """The runs between separators; never none."""
    runs: list[list[str]] = [[]]
    for word in words:
        if word in separators:
            runs.append([])
        else:
            runs[-1].append(word)
    return [tuple(run) for run in runs if run] or [()]


def _completed(
    clause: tuple[str, ...], before: tuple[str, ...], names: Set[str], *, is_repair: bool
) -> tuple[str, ...]:
    has_name = any(word in names for word in clause)
    has_more = any(word not in names and word not in ARTICLES for word in clause)
    if not has_name:
        return (*(word for word in before if word in names), *clause)
    if not has_more:
        return (*(word for word in before if word not in names and word not in ARTICLES), *clause)
    if is_repair and clause[0] in _SWITCHED and before and before[-1] in _SWITCHED:
        return (*before[:-1], *clause)
    return clause


_SWITCHED = frozenset({"on", "off", "up", "down"})
"""What is put right by itself: "turn on, no, off the lamp"."""
