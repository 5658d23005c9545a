"""The pronouncing dictionary: only the words of this house and everyday talk, out of 135,000.

The wheel's dictionary is read in one pass for all words that are asked for the first time, and what was found is
kept: the whole of it in memory would cost 35 MB. Words it lacks are pronounced by rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pocketsphinx import get_model_path

from device.transcribers.pronunciation import pronounce


class PronouncingDictionary:
    """Words to their pronunciations in ARPAbet, the commonest first."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}

    def pronunciations(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Each word's pronunciations; an empty tuple where none is known or can be guessed. About 50 ms if any is new.

        >>> PronouncingDictionary().pronunciations(["light", "wled"])
        {'light': ('L AY T',), 'wled': ('W L EH D', 'D AH B AH L Y UW EH L IY D IY')}
        """
        wanted = list(dict.fromkeys(words))
        missing = set(wanted) - self._known.keys()
        if missing:
            found = _look_up(missing)
            self._known.update({word: tuple(found.get(word) or pronounce(word)) for word in missing})
        return {word: self._known[word] for word in wanted}


def _look_up(words: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with Path(get_model_path("en-us/cmudict-en-us.dict")).open(encoding="utf-8") as lines:
        for line in lines:
            entry, _, sounds = line.partition(" ")
            word = entry.partition("(")[0]  # "to(2)" is a second way to say "to"
            if word in words:
                found.setdefault(word, []).append(sounds.strip())
    return found
