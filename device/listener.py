"""Frames to hypotheses: when an utterance begins, what was said so far, and when it is over.

    quiet --speech--> hearing --0.8 s without speech, 15 s at most, or muted--> quiet
                         `-- the transcriber fails --> waiting for quiet (15 s at most) --> quiet

The frames of the last third of a second before speech go to the transcriber as well, so that the first word is whole.
Partial hypotheses come whenever the words change and when the voice pauses, then exactly one final one, without words
if there were none.
Left out: what the words mean (`anticipator.py`).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum, auto

from device.errors import TranscriberError, UtteranceError
from device.messages import FRAME_MS, Frame, Hypothesis
from device.protocols import Transcriber, VoiceDetector

LOOK_BACK_MS = 320
"""The voice detector finds the start of speech 20-100 ms late; a soft first consonant may lie before that."""
HANGOVER_MS = 800
"""Pauses within a sentence. Acting does not wait for it (partial hypotheses), only the end of the utterance does."""
PAUSE_MS = 64
"""A pause this long is told at once: most are the end of a sentence."""
LONGEST_MS = 15_000

_ENGINE_ERRORS = (TranscriberError, RuntimeError, ValueError)
"""What recognisers raise when their state is bad: the bindings to C know nothing better than RuntimeError."""


class _State(Enum):
    QUIET = auto()
    HEARING = auto()
    AWAITING_QUIET = auto()
    """An utterance failed while somebody speaks: the rest of it would only fail again, 31 times a second."""


class Listener:
    """Owns the detector and the transcriber; to be fed every frame, silence included."""

    def __init__(
        self,
        detector: VoiceDetector,
        transcriber: Transcriber,
        first_utterance_id: int = 1,
        *,
        look_back_ms: int = LOOK_BACK_MS,
        hangover_ms: int = HANGOVER_MS,
        longest_ms: int = LONGEST_MS,
    ) -> None:
        self._detector, self._transcriber = detector, transcriber
        self._hangover_ms, self._longest_ms = hangover_ms, longest_ms
        self._look_back_ms = look_back_ms
        self._before: deque[bytes] = deque(maxlen=1 + look_back_ms // FRAME_MS)  # and the first frame of speech
        self._state = _State.QUIET
        self._muted = False
        self._utterance_id = first_utterance_id - 1
        self._words: tuple[str, ...] = ()
        self._started_ms = self._last_speech_ms = self._now_ms = 0

    @property
    def is_hearing(self) -> bool:
        """True from the start of an utterance to its final hypothesis."""
        return self._state is _State.HEARING

    @property
    def utterance_id(self) -> int:
        """Of the utterance being heard, else of the last one."""
        return self._utterance_id

    def next_utterance_id(self) -> int:
        """Count an utterance that was not heard but typed; return its id."""
        self._utterance_id += 1
        return self._utterance_id

    def mute(self, muted: bool) -> None:
        """Hear nothing from the next frame on. What was said before is still brought to its end."""
        if muted != self._muted:
            self._muted = muted
            self._before.clear()
            self._detector.reset()

    def hear(self, frame: Frame) -> Iterator[Hypothesis]:
        """Take one frame; return the hypotheses it leads to, often none.

        Raises `UtteranceError` if the transcriber fails; the listener is then ready for the next utterance.
        """
        self._now_ms = frame.ended_ms
        if self._muted:
            return self.finish()
        is_speech = self._detector.is_speech(frame.pcm)
        if is_speech:
            self._last_speech_ms = frame.ended_ms
        self._before.append(frame.pcm)
        if self._state is _State.QUIET:
            return self._begin() if is_speech else iter(())
        if self._state is _State.HEARING:
            return self._go_on(frame.pcm)
        if self._is_over():
            self._state = _State.QUIET
        return iter(())

    def finish(self) -> Iterator[Hypothesis]:
        """End the utterance that is being heard, if there is one: the microphone has ended. Raises `UtteranceError`."""
        if self._state is not _State.HEARING:
            self._state = _State.QUIET
            return iter(())
        return self._end()

    def _begin(self) -> Iterator[Hypothesis]:
        self._state = _State.HEARING
        self._utterance_id += 1
        self._words = ()
        self._started_ms = self._now_ms - FRAME_MS
        return self._hypotheses(self._transcribe_the_beginning, is_final=False)

    def _transcribe_the_beginning(self) -> tuple[str, ...]:
        self._transcriber.start()
        words: tuple[str, ...] = ()
        for pcm in self._before:
            words = self._transcriber.transcribe(pcm)
        return words

    def _go_on(self, pcm: bytes) -> Iterator[Hypothesis]:
        is_pause = 0 <= self._now_ms - self._last_speech_ms - PAUSE_MS < FRAME_MS
        partial = self._hypotheses(lambda: self._transcriber.transcribe(pcm), is_final=False, is_pause=is_pause)
        return self._end() if self._is_over() else partial

    def _is_over(self) -> bool:
        """Nobody speaks any more, or for longer than any order takes."""
        too_long = self._now_ms - self._started_ms >= self._longest_ms
        return too_long or self._now_ms - self._last_speech_ms >= self._hangover_ms

    def _end(self) -> Iterator[Hypothesis]:
        if self._now_ms - self._last_speech_ms < LOOK_BACK_MS:
            self._before.clear()  # ended by force: the next utterance must not hear these words again
        final = self._hypotheses(self._transcriber.finish, is_final=True)
        self._state = _State.QUIET
        return final

    def _hypotheses(
        self, work: Callable[[], tuple[str, ...]], *, is_final: bool, is_pause: bool = False
    ) -> Iterator[Hypothesis]:
        """Have the transcriber work; a hypothesis if it is the final one, at a pause, or if the words have changed."""
        started_s = time.perf_counter()
        try:
            words = work()
        except _ENGINE_ERRORS as error:
            self._give_up()
            raise UtteranceError(f"utterance {self._utterance_id} was lost: {error or type(error).__name__}") from error
        if words == self._words and not is_final and not is_pause:
            return iter(())
        self._words = words
        took_ms = 1000 * (time.perf_counter() - started_s)
        span_ms = (self._started_ms, self._now_ms)
        return iter([Hypothesis(self._utterance_id, words, is_final, *span_ms, is_pause, took_ms)])

    def _give_up(self) -> None:
        """Leave the transcriber between two utterances if it lets us, and let this one pass."""
        self._state = _State.AWAITING_QUIET
        self._started_ms = self._now_ms
        with suppress(*_ENGINE_ERRORS):
            self._transcriber.finish()
