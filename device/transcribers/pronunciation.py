"""Letters to sounds, for names the dictionary does not have: "tasmota", "wled", "hue".

A small table, longest match first, in ARPAbet without stress as the recogniser's US-English model wants it. Short
words without a vowel, or of up to four letters, are also spelled out. Left out: anything better; the household's
own pronunciation still has to resemble one of these.
"""

from __future__ import annotations

import unicodedata

_SOUNDS = {
    "sch": "SH", "tch": "CH", "igh": "AY", "ough": "AO", "augh": "AO", "tion": "SH AH N", "sion": "ZH AH N",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "qu": "K W", "ng": "NG", "kn": "N", "wr": "R",
    "ee": "IY", "ea": "IY", "ie": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "ai": "EY", "ay": "EY", "ei": "EY",
    "oa": "OW", "oi": "OY", "oy": "OY", "au": "AO", "aw": "AO", "ue": "UW", "ew": "UW", "er": "ER", "ir": "ER",
    "ur": "ER", "ar": "AA R", "or": "AO R", "ll": "L", "ss": "S", "tt": "T", "nn": "N", "mm": "M", "pp": "P",
    "bb": "B", "dd": "D", "ff": "F", "gg": "G", "rr": "R", "zz": "Z", "cc": "K",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH",
    "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T",
    "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
_LETTERS = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip
_DIGITS = {
    "0": "Z IH R OW", "1": "W AH N", "2": "T UW", "3": "TH R IY", "4": "F AO R", "5": "F AY V", "6": "S IH K S",
    "7": "S EH V AH N", "8": "EY T", "9": "N AY N",
}  # fmt: skip
_LONGEST = max(map(len, _SOUNDS))


def pronounce(word: str) -> list[str]:
    """Guesses at how a word is said, best first; empty if there is no Latin letter or digit to go by.

    >>> pronounce("wled")
    ['W L EH D', 'D AH B AH L Y UW EH L IY D IY']
    >>> pronounce("shelly2")
    ['SH EH L IY T UW']
    >>> pronounce("ёж")
    []
    """
    plain = unicodedata.normalize("NFKD", word.lower())
    letters = "".join(c for c in plain if c in _SOUNDS or c in _DIGITS)
    unreadable = any(c.isalpha() and c not in _SOUNDS for c in plain)
    if not letters or unreadable:
        return []
    guesses = [_by_rules(letters)]
    if len(letters) <= 4 and letters.isalpha():
        guesses.append(" ".join(_LETTERS[c] for c in letters))
    return guesses


def _by_rules(letters: str) -> str:
    if len(letters) > 3 and letters[-1] == "e" and letters[-2] not in "aeiou":
        letters = letters[:-1]  # a final e is silent
    sounds: list[str] = []
    position = 0
    while position < len(letters):
        for length in range(min(_LONGEST, len(letters) - position), 0, -1):
            chunk = letters[position : position + length]
            sound = _SOUNDS.get(chunk) or _DIGITS.get(chunk)
            if sound:
                sounds.append(sound)
                position += length
                break
    return " ".join(sounds)
