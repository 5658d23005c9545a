"""The whole switch: sounds in, actions out, and lessons. Starts knowing nothing; one class, no floats.

    sound -> windows -> words -> tokens -> evidence of every column -> the window and the action that are known best

Columns are actions; after them come columns of the background, and of them the last six are for corrections: a word
that was wrongly acted on has a column of its own. Left out: what the actions are
(`device/transcribers/acoustic.py`), and what keeps the state (a chip has two slots in flash, a computer replays its
lessons).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.acoustic.arithmetic import Int64s
from device.acoustic.codebook import Codebook, Tokens
from device.acoustic.counts import Counts
from device.acoustic.end_pointer import Sound
from device.acoustic.noise import noisier
from device.acoustic.rejection import Threshold
from device.acoustic.streams import FULL_WEIGHT, Word, word
from device.acoustic.windows import Window, around, left_out, windows_of, word_of

CORRECTIONS = 6
"""Of the background columns."""
TEMPTING = -256
"""A sound that falls a bit a frame short of the background may be taken for a word tomorrow: it is worth learning."""
HEARING = 1
"""Raised whenever sounds become other tokens: a state that a chip kept from before is then no longer understood."""
USUAL = 256
"""Frames that lie a mean error from the code, in 1/256, are nothing strange."""
STRANGER = 3
"""Bits a frame that a word must be known better by for every mean error that its frames lie further than that."""
STRANGEST = 2_048
"""Eight mean errors further is as strange as can be: after a single lesson every other word would be stranger."""
FEWEST_LESSONS = 2
"""A margin says something of true words once the column has had so many."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """A sound, and all that may be the word in it."""

    windows: tuple[Window, ...]
    words: tuple[Word, ...]
    left_out: tuple[int, ...]
    """Frames beside each window that are as loud: they speak against it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a window of a sound may mean."""

    action: int
    """The column that knows it best."""
    window: Window
    margins: tuple[int, ...]
    """Bits per frame, in 1/256, by which each action knows it better than the background, less what is strange."""
    is_accepted: bool

    @property
    def margin(self) -> int:
        return self.margins[self.action]


def candidates(sound: Sound) -> Candidates:
    """The windows of a sound as words."""
    spoken = {window: word(around(sound, window), sound.room) for window in windows_of(sound)}
    windows = tuple(window for window, each in spoken.items() if each.moves)
    words = tuple(spoken[window] for window in windows)
    return Candidates(windows, words, tuple(left_out(sound, window) for window in windows))


class AcousticSwitch:
    """`actions` columns to be taught, `background` columns beside them, `codewords` in each of three streams."""

    def __init__(self, actions: int, background: int = 20, codewords: int = 128) -> None:
        self.actions, self.background = actions, background
        self.codebook = Codebook(codewords)
        self.counts = Counts(actions + background, codewords)
        self.lessons = np.zeros(actions + background, np.int64)
        self.threshold = Threshold()

    @property
    def stored_bytes(self) -> int:
        """All that must survive a power cut."""
        parts = (self.codebook, self.counts, self.threshold)
        return sum(part.stored_bytes for part in parts) + 2 * len(self.lessons)

    def learn_one(self, sound: Sound, action: int) -> bool:
        """A lesson: this sound meant that action. False if there is no word in it: nothing was learned."""
        window = word_of(sound)
        if window is None:
            return False
        if self.lessons[action] >= FEWEST_LESSONS:
            self.threshold.learn_one(int(self._margins(sound, window)[action]))
        self._count(sound, window, action)
        return True

    def learn_background(self, sound: Sound) -> bool:
        """A sound that nobody meant: it goes to a column that is free, else to the one that knows it best.

        What comes nowhere near tempting need not be known: columns that are filled with it know less of what does.
        """
        columns = np.arange(self.actions, len(self.lessons) - CORRECTIONS)
        return self._learn_none(sound, columns, least=TEMPTING)

    def correct(self, sound: Sound) -> bool:
        """A sound that was taken for an action, and was none: a column of its own while there is one."""
        columns = np.arange(max(self.actions, len(self.lessons) - CORRECTIONS), len(self.lessons))
        return self._learn_none(sound, columns, least=-(2**15))

    def margins(self, sound: Sound) -> Int64s | None:
        """(actions,): how well each knows the word of a lesson before it is counted; None if there is no word in it."""
        window = word_of(sound)
        return None if window is None else self._margins(sound, window)

    def predict_one(self, sound: Candidates) -> list[Answer]:
        """What a sound means: the best window first, then those that lie beside it."""
        return self.predict([sound])[0]

    def predict(self, sounds: Sequence[Candidates]) -> list[list[Answer]]:
        """The same of many sounds; one after the other would be slower."""
        words = [each for sound in sounds for each in sound.words]
        known = np.flatnonzero(self.lessons[: self.actions])
        if not words or not len(known):
            return [[] for _ in sounds]
        beside = np.array([frames for sound in sounds for frames in sound.left_out], np.int64)
        frames = np.array([int(each.weights.sum()) for each in words], np.int64) + FULL_WEIGHT * beside
        tokens, strange = self.codebook.tokens(words)
        against = self._against_background(tokens)
        answers, at = [], 0
        for sound in sounds:
            mine = slice(at, at + len(sound.words))
            margins = against[mine] // frames[mine, np.newaxis] - _doubt(strange[mine, np.newaxis])
            answers.append(self._answers(sound, against[mine], margins, known))
            at += len(sound.words)
        return answers

    def _answers(self, sound: Candidates, against: Int64s, margins: Int64s, known: Int64s) -> list[Answer]:
        best = against[:, known].max(axis=1)
        answers: list[Answer] = []
        for place in np.argsort(-best, kind="stable").tolist():
            begin, end = sound.windows[place]
            if all(end <= other.window[0] or begin >= other.window[1] for other in answers):
                action = int(known[against[place, known].argmax()])
                accepted = int(margins[place, action]) >= self.threshold.margin
                answers.append(Answer(action, (begin, end), tuple(margins[place].tolist()), accepted))
        return answers

    def _against_background(self, tokens: Tokens) -> Int64s:
        """(W, actions): evidence for each action against the best of the background and all actions pooled."""
        evidence, behind = self.counts.evidence(tokens, self.actions)
        taught = self.actions + np.flatnonzero(self.lessons[self.actions :])
        if len(taught):
            behind = np.maximum(behind, evidence[:, taught].max(axis=1))
        return evidence[:, : self.actions] - behind[:, np.newaxis]

    def _margins(self, sound: Sound, window: Window) -> Int64s:
        spoken = word(around(sound, window), sound.room)
        tokens, strange = self.codebook.tokens([spoken])
        margins: Int64s = self._against_background(tokens)[0] // int(spoken.weights.sum()) - _doubt(strange)
        return margins

    def _learn_none(self, sound: Sound, columns: Int64s, *, least: int) -> bool:
        """Count a sound in the first free one of some background columns, else in the one that knows it best.

        Unless its margin is below `least`.
        """
        best = self.predict_one(candidates(sound))
        if not best or best[0].margin < least or not len(columns):
            return False
        window = best[0].window
        free = columns[self.lessons[columns] == 0]
        self._count(sound, window, int(free[0] if len(free) else self._best_of(columns, sound, window)))
        return True

    def _best_of(self, columns: Int64s, sound: Sound, window: Window) -> int:
        tokens, _ = self.codebook.tokens([word(around(sound, window), sound.room)])
        evidence, _ = self.counts.evidence(tokens, self.actions)
        return int(columns[evidence[0, columns].argmax()])

    def _count(self, sound: Sound, window: Window, column: int) -> None:
        words = [word(around(sound, window), sound.room)]
        if column < self.actions:  # the code is the household's
            self.counts.inherit(self.codebook.donate(words[0]), self.codebook.used)
        copies = noisier(sound, window, int(self.lessons.sum()))
        words += [word(around(copy, left), copy.room) for copy, left in copies]
        tokens, _ = self.codebook.tokens(words)
        self.counts.learn_one(tokens, column)
        self.lessons[column] += 1


def _doubt(strange: Int64s) -> Int64s:
    """What margins lose if frames are further from the household's own than its own are: an outsider's mostly."""
    doubt: Int64s = STRANGER * np.clip(strange - USUAL, 0, STRANGEST)
    return doubt
