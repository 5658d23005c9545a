"""See what the switch without a recogniser makes of a recording.

Draws every sound in it: the levels of its bands, the tokens they become, the evidence for each action that was taught
as the sound goes on, and the moment of decision. What was taught is in this device's journal (--storage FOLDER).

  safu hear FILE                       draws FILE.svg, for any browser
  safu hear FILE --out PICTURE.svg     draws it there
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.progress import track

from device.acoustic.decimator import Decimator
from device.acoustic.end_pointer import sounds_of
from device.acoustic.spectrum import FRAME_MS, RATE_HZ, frames_of
from device.audio.recording import load_pcm16
from device.errors import RecordingError
from device.hearing_picture import Heard, drawn, heard_as
from device.journal_folder import open_journal
from device.settings import Settings
from device.sound_anticipator import SoundAnticipator

_ROOM_S = 0.3
"""Of faint noise before the recording, in which the room is learned."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `safu hear` takes."""
    parser.add_argument("recording", type=Path, metavar="FILE", help="any sound file")
    parser.add_argument("--out", type=Path, metavar="PICTURE", help="where to draw it (default: FILE.svg)")


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Draw the picture, and say in a line a sound what it was taken for."""
    anticipator = SoundAnticipator(settings.decision)
    journal = open_journal(settings.storage.path)
    try:
        anticipator.rebuild({}, journal.lessons())
    finally:
        journal.close()
    faint = np.random.default_rng(0).normal(0, 5, int(_ROOM_S * RATE_HZ))
    samples = Decimator().halve(load_pcm16(options.recording))
    sounds = sounds_of(
        frames_of(np.concatenate([np.rint(faint).astype(np.int16), samples, np.zeros(RATE_HZ, np.int16)]))
    )
    heard = [heard_as(anticipator, sound) for sound in track(sounds, "hearing", transient=True)]
    for each in heard:
        print(_told(each))
    if not heard:
        print("nothing in it is louder than its room, and short enough to be a word")
    out = options.out or options.recording.with_name(options.recording.name + ".svg")
    try:
        out.write_text(drawn(heard), encoding="utf-8")
    except OSError as error:
        raise RecordingError(
            f"cannot write {out}: {error.strerror}", hint="name another place: --out PICTURE.svg"
        ) from error
    print(f"drawn in {out}")
    return 0


def _told(heard: Heard) -> str:
    begin_s = heard.sound.began * FRAME_MS / 1000 - _ROOM_S
    length_s = len(heard.sound.frames) * FRAME_MS / 1000
    return f"{max(0.0, begin_s):6.2f} s: a sound of {length_s:.2f} s, {heard.verdict}"
