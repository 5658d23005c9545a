"""A transcriber that hears what it was told to hear: the double for tests and for houses without ears.

Each utterance with sound in it takes the next line of the script; its words appear one by one as frames come in.
Left out: listening. The sound only counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from device.messages import Device


class ScriptedTranscriber:
    """A `Transcriber` with a script; after the last line it hears nothing.

    >>> transcriber = ScriptedTranscriber(["lights on"], frames_per_word=1)
    >>> transcriber.start()
    >>> transcriber.transcribe(bytes(1024)), transcriber.transcribe(bytes(1024)), transcriber.finish()
    (('lights',), ('lights', 'on'), ('lights', 'on'))
    """

    def __init__(self, utterances: Iterable[str | Sequence[str]], *, frames_per_word: int = 4) -> None:
        self._lines = [tuple(line.split()) if isinstance(line, str) else tuple(line) for line in utterances]
        self._frames_per_word = frames_per_word
        self._next_line = 0
        self._frames = 0
        self.expected: tuple[tuple[Device, ...], tuple[tuple[str, ...], ...]] = ((), ())
        """What `expect` was told last, for tests to look at."""

    def start(self) -> None:
        self._frames = 0

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        self._frames += bool(pcm)
        return self._line()[: self._frames // self._frames_per_word]

    def finish(self) -> tuple[str, ...]:
        words = self._line() if self._frames else ()
        self._next_line += bool(self._frames)
        self._frames = 0
        return words

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        self.expected = (tuple(devices), tuple(taught))

    def _line(self) -> tuple[str, ...]:
        return self._lines[self._next_line] if self._next_line < len(self._lines) else ()
