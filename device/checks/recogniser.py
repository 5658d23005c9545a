"""Does the recogniser start, and what does it make of a sound?"""

from __future__ import annotations

from collections.abc import Sequence

from device.acoustic.sounds import described
from device.assembly import listener_for, transcriber_for, vosk_folder
from device.audio.recording import RecordingMicrophone
from device.checks.finding import Finding
from device.checks.sound import Samples
from device.checks.storage import Sentences
from device.errors import SafuError
from device.messages import Device
from device.protocols import Transcriber
from device.settings import Settings
from device.transcribers.vosk import VoskTranscriber


def check_recogniser(
    settings: Settings, samples: Samples | None, devices: Sequence[Device], taught: Sentences, *, must_speak: bool
) -> Finding:
    """Does it start, and what does it make of the sound? Who only looks on need not speak."""
    where = f"recogniser {settings.transcriber.engine}"
    try:
        transcriber = _transcriber(settings)
        transcriber.expect(devices, taught)
        said = [] if samples is None else _said(settings, transcriber, samples)
    except SafuError as error:
        return Finding(False, f"{where}: {error.message}", error.hint)
    if any(said):
        return Finding(True, f"{where} heard: " + "; ".join(filter(None, said)))
    if samples is None:
        return Finding(True, f"{where}: starts; there was no sound to try it on")
    if said or must_speak:
        lost = "a voice, but no words" if said else "nobody speaking"
        return Finding(False, f"{where} heard {lost}", "speak up and come closer; then: safu doctor --seconds 10")
    return Finding(True, f"{where}: starts; nobody spoke")


def _transcriber(settings: Settings) -> Transcriber:
    """As the settings want it: `transcriber_for` alone would hide a missing Vosk model behind PocketSphinx."""
    return (
        VoskTranscriber(vosk_folder(settings)) if settings.transcriber.engine == "vosk" else transcriber_for(settings)
    )


def _said(settings: Settings, transcriber: Transcriber, samples: Samples) -> list[str]:
    """The words of each utterance, by the same way as in `safu run`."""
    listener = listener_for(settings, transcriber)
    hypotheses = [h for frame in RecordingMicrophone([samples]).frames() for h in listener.hear(frame)]
    hypotheses += listener.finish()
    return [described(h.words) for h in hypotheses if h.is_final]
