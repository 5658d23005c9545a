"""Frames to hypotheses, whatever the voice does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import UtteranceError
from device.listener import HANGOVER_MS, LONGEST_MS, Listener
from device.messages import FRAME_BYTES, FRAME_MS, Frame, Hypothesis
from device.transcribers.scripted import ScriptedTranscriber


class FlaggedDetector:
    """A voice detector that reads its verdict from the frame itself."""

    def is_speech(self, pcm: bytes) -> bool:
        return pcm[0] == 1

    def reset(self) -> None:
        return


def hear(listener: Listener, flags: Sequence[bool]) -> list[Hypothesis]:
    heard: list[Hypothesis] = []
    for number, flag in enumerate(flags, 1):
        heard += listener.hear(Frame(bytes([flag]) + bytes(FRAME_BYTES - 1), number * FRAME_MS))
    return [*heard, *listener.finish()]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=20))
def test_every_utterance_ends_exactly_once(runs: list[tuple[bool, int]]) -> None:
    listener = Listener(FlaggedDetector(), ScriptedTranscriber(["lights on"] * 50))
    heard = hear(listener, [flag for flag, length in runs for _ in range(length)])
    finals = [h.utterance_id for h in heard if h.is_final]
    assert finals == sorted({h.utterance_id for h in heard})
    assert finals == list(range(1, len(finals) + 1))
    assert bool(finals) == any(flag for flag, _ in runs)
    assert not listener.is_hearing


def test_the_look_back_gives_the_first_word_whole() -> None:
    transcriber = ScriptedTranscriber(["lights on"], frames_per_word=5)
    heard = hear(Listener(FlaggedDetector(), transcriber), [False] * 20 + [True] * 1)
    assert heard[0].words == ("lights", "on"), "ten frames before speech were heard as well"


def test_a_pause_is_told_once() -> None:
    heard = hear(Listener(FlaggedDetector(), ScriptedTranscriber(["lights on"])), [True] * 20 + [False] * 60)
    assert [h.is_pause for h in heard].count(True) == 1
    assert heard[-1].is_final
    assert heard[-1].ended_ms == pytest.approx(20 * FRAME_MS + HANGOVER_MS, abs=FRAME_MS)


def test_nobody_speaks_for_ever() -> None:
    heard = hear(Listener(FlaggedDetector(), ScriptedTranscriber(["la"] * 9)), [True] * (2 * LONGEST_MS // FRAME_MS))
    assert len([h for h in heard if h.is_final]) >= 2


def test_muted_it_hears_nothing() -> None:
    listener = Listener(FlaggedDetector(), ScriptedTranscriber(["lights on"]))
    listener.mute(True)
    assert hear(listener, [True] * 50) == []


class BrokenTranscriber(ScriptedTranscriber):
    """Fails in the first utterance."""

    is_broken = True

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        if self.is_broken:
            raise RuntimeError("no decoder")
        return super().transcribe(pcm)


def test_a_broken_recogniser_costs_one_utterance() -> None:
    transcriber = BrokenTranscriber(["lights on"] * 2)
    listener = Listener(FlaggedDetector(), transcriber)
    with pytest.raises(UtteranceError, match="utterance 1 was lost: no decoder"):
        hear(listener, [True])
    transcriber.is_broken = False
    heard = hear(listener, [False] * 40 + [True] * 10 + [False] * 40)
    assert [h.utterance_id for h in heard if h.is_final] == [2]
