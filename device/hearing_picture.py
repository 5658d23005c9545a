"""What was heard, seen: levels, tokens and evidence of a sound as a picture (SVG), without a library for it.

Three strips a sound: the 20 bands over time; the codeword that is nearest at each moment in each stream; and the
margins of the actions as the sound goes on, with the threshold and the moment at which it was passed for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from device.acoustic.arithmetic import Int64s
from device.acoustic.end_pointer import Sound
from device.acoustic.spectrum import BANDS, FRAME_MS
from device.acoustic.streams import STREAMS, word
from device.acoustic.switch import Answer, candidates
from device.sound_anticipator import SoundAnticipator

_STEP = 2
"""Frames from one look at the evidence to the next."""
_X, _BAND, _CODE, _EVIDENCE, _GAP, _LEFT, _LINE = 12, 5, 14, 120, 30, 64, 11
"""Pixels of a frame, a band, a row of tokens, the strip of evidence, a space, the margin on the left, a line."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933")


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound, and what was thought of it as it went on."""

    sound: Sound
    codes: Int64s
    """(streams, T): the nearest codeword; none if nothing was taught."""
    ends: tuple[int, ...]
    """Frames after which the evidence was looked at."""
    answers: tuple[Answer | None, ...]
    """The best answer after each of them."""
    names: tuple[str, ...]
    """Of the actions, column by column; one that several people taught may be there several times."""
    threshold: int

    @property
    def decided(self) -> int | None:
        """Number of the look from which on the last answer was accepted and stayed."""
        last = self.answers[-1] if self.answers else None
        if last is None or not last.is_accepted:
            return None
        name = self.names[last.action]
        agrees = [each is not None and each.is_accepted and self.names[each.action] == name for each in self.answers]
        return max((at + 1 for at, fine in enumerate(agrees) if not fine), default=0)

    @property
    def verdict(self) -> str:
        """In words."""
        last = self.answers[-1] if self.answers else None
        if last is None:
            return "no word in it" if self.names else "nothing was taught yet"
        margin = f"{last.margin / 256:.1f} bits a frame, {self.threshold / 256:.1f} needed"
        if self.decided is None:
            return f"refused; nearest to {self.names[last.action]} ({margin})"
        return f"{self.names[last.action]} ({margin}), clear after {self.ends[self.decided] * FRAME_MS / 1000:.2f} s"


def heard_as(anticipator: SoundAnticipator, sound: Sound) -> Heard:
    """Hear a sound piece by piece, as it would have come."""
    switch = anticipator.switch
    ends = tuple(range(_STEP, len(sound.frames) + 1, _STEP))
    answered = switch.predict([candidates(Sound(sound.room, sound.frames[:end])) for end in ends])
    codes = switch.codebook.nearest(word(sound.frames, sound.room))
    names = tuple(map(str, anticipator.voices.columns))
    firsts = tuple(answers[0] if answers else None for answers in answered)
    return Heard(sound, codes, ends, firsts, names, switch.threshold.margin)


def drawn(sounds: Sequence[Heard]) -> str:
    """An SVG of some sounds, one below the other."""
    height_each = BANDS * _BAND + len(STREAMS) * _CODE + _EVIDENCE + 4 * _GAP
    width = _LEFT + _X * max((len(heard.sound.frames) for heard in sounds), default=40) + 260
    height = max(1, len(sounds)) * height_each + _GAP
    parts = [
        f'<g transform="translate({_LEFT},{_GAP + at * height_each})">{_one(h)}</g>' for at, h in enumerate(sounds)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif"'
    return f'{head} font-size="11"><rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'


def _one(heard: Heard) -> str:
    tokens_y = BANDS * _BAND + _GAP
    evidence_y = tokens_y + len(STREAMS) * _CODE + _GAP
    return (
        f'<text y="-8">{escape(heard.verdict)}</text>{_levels(heard.sound)}'
        f'<g transform="translate(0,{tokens_y})">{_tokens(heard.codes)}</g>'
        f'<g transform="translate(0,{evidence_y})">{_evidence(heard)}</g>'
    )


def _levels(sound: Sound) -> str:
    loudest = max(1, int(sound.frames.max()))
    cells = []
    for at, frame in enumerate(sound.frames):
        for band, level in enumerate(frame.tolist()):
            grey = 255 - 255 * level // loudest
            y = (BANDS - 1 - band) * _BAND
            cells.append(
                f'<rect x="{at * _X}" y="{y}" width="{_X}" height="{_BAND}" fill="rgb({grey},{grey},{grey})"/>'
            )
    return f'<text x="{-_LEFT + 4}" y="10">bands</text>' + "".join(cells)


def _tokens(codes: Int64s) -> str:
    """A colour a codeword: what looks alike is alike."""
    rows = []
    for row, (name, stream) in enumerate(zip(STREAMS, codes, strict=True)):
        rows.append(f'<text x="{-_LEFT + 4}" y="{row * _CODE + 10}">{name}</text>')
        for at, code in enumerate(stream.tolist()):
            colour = f"hsl({code * 137 % 360},60%,{45 + code % 4 * 10}%)"
            rows.append(f'<rect x="{at * _X}" y="{row * _CODE}" width="{_X}" height="{_CODE - 2}" fill="{colour}"/>')
    return "".join(rows)


def _evidence(heard: Heard) -> str:
    looks = [(end, answer) for end, answer in zip(heard.ends, heard.answers, strict=True) if answer is not None]
    if not looks:
        return "<text>no evidence</text>"
    margins = np.array([answer.margins[: len(heard.names)] for _, answer in looks]) / 256  # (looks, actions)
    low, high = float(max(-12, margins.min())), float(max(margins.max(), heard.threshold / 256) + 1)

    def y(value: float) -> float:
        return _EVIDENCE * (high - max(low, value)) / (high - low)

    parts = [f'<text x="{-_LEFT + 4}" y="10">bits</text>']
    label_y = 0.0
    for at in np.argsort(-margins[-1])[: len(_COLOURS)].tolist():
        points = " ".join(f"{end * _X},{y(value):.1f}" for (end, _), value in zip(looks, margins[:, at], strict=True))
        colour = _COLOURS[at % len(_COLOURS)]
        label_y = max(y(margins[-1, at]) + 4, label_y + _LINE)  # beside its line, but below the label before
        label = f'<text x="{looks[-1][0] * _X + 6}" y="{label_y:.1f}" fill="{colour}">'
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}"/>{label}{escape(heard.names[at])}</text>'
        )
    length = len(heard.sound.frames) * _X
    needed = y(heard.threshold / 256)
    parts.append(f'<line x2="{length}" y1="{needed:.1f}" y2="{needed:.1f}" stroke="black" stroke-dasharray="4"/>')
    if heard.decided is not None:
        x = heard.ends[heard.decided] * _X
        parts.append(
            f'<line x1="{x}" x2="{x}" y2="{_EVIDENCE}" stroke="red"/><text x="{x + 3}" y="10" fill="red">clear</text>'
        )
    return "".join(parts)
