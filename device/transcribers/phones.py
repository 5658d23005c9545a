"""PocketSphinx's phone loop: no words, only the sounds of English in the order in which they were heard.

A peer of the acoustic tokens, and slower to learn from (`benchmarks/acoustic`). Left out: everything that guides the
recogniser; it knows neither names nor phrases.
"""

from __future__ import annotations

from collections.abc import Sequence

from pocketsphinx import Decoder, get_model_path, set_loglevel

from device.errors import TranscriberError
from device.messages import Device

_SILENCES = frozenset({"SIL", "+SPN+", "+NSN+"})


class PhoneTranscriber:
    """A `Transcriber` of phones: `K IH CH AH N`."""

    def __init__(self) -> None:
        set_loglevel("FATAL")
        try:
            self._decoder = Decoder(
                hmm=get_model_path("en-us/en-us"),
                allphone=get_model_path("en-us/en-us-phone.lm.bin"),
                lw=2.0,
                pip=0.3,
                beam=1e-10,
                pbeam=1e-10,
                loglevel="FATAL",
            )
        except RuntimeError as error:
            raise TranscriberError(
                f"PocketSphinx's phone loop did not start: {error}", hint="check free memory and disk with: safu doctor"
            ) from error

        self._means = self._decoder.get_cmn(False)

    def start(self) -> None:
        self._decoder.set_cmn(self._means)  # or one utterance would change how the next one is heard
        self._decoder.start_utt()

    def transcribe(self, pcm: bytes) -> tuple[str, ...]:
        self._decoder.process_raw(pcm)
        return self._phones()

    def finish(self) -> tuple[str, ...]:
        self._decoder.end_utt()
        return self._phones()

    def expect(self, devices: Sequence[Device], taught: Sequence[tuple[str, ...]]) -> None:
        """Nothing: any phone may follow any other."""

    def _phones(self) -> tuple[str, ...]:
        hypothesis = self._decoder.hyp()
        phones = hypothesis.hypstr.split() if hypothesis else []
        return tuple(phone.lower() for phone in phones if phone not in _SILENCES)
