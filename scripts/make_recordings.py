"""Make the recordings of the demonstration: lessons, commands to be scored on, and sounds that must cause nothing.

    python -m scripts.make_recordings [--out FOLDER] [--jobs N]

Needs Debian's synthesisers: `apt-get install flite espeak-ng festival festvox-kallpc16k festvox-kdlpc16k
festvox-us-slt-hts sox`. With the same versions of them it makes the same files, whatever the number of jobs.

Every sound is scaled to a peak of .4, gets 0.4 s of silence before and 0.6 s after, and then a faint noise, as of a
quiet microphone. Where speech begins and ends is measured before that noise. The sentences are written as people
would say them. A command always names its device and says on, off or a number: a house taught by three flips cannot
know that "make it dark" means off. Four wordings that broke this rule were replaced after a first listening; no other
sentence was changed or dropped because of what a recogniser made of it.
Left out: rooms, distance, background noise and real people. The benchmarks have those.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile

Sound = npt.NDArray[np.float64]

FOLDER = Path(__file__).parents[1] / "device" / "demo" / "recordings"
RATE_HZ = 16_000
PEAK = 0.4
BEFORE_MS, AFTER_MS = 400, 600
MARGIN_MS = 50
"""Of the synthesiser's own onset and decay that is kept inside that silence, however faint."""
THRESHOLD = 0.01 * PEAK
"""Speech begins with the first sample above this, and ends with the last."""
NOISE = 1.5e-4
"""Standard deviation of the faint noise, 68 dB below the peak."""
STEP = 8
"""Samples are multiples of this (of 16 bits): finer ones would hold that noise, and FLAC would have to store it."""

# The voices that teach are never scored. Two of the scored ones are one person each with another one of theirs: slt
# speaks for flite and for festival, kal for both too. espeak-ng only talks.
TEACHERS = ("flite rms", "flite awb")
SCORED = ("flite slt", "flite kal16", "festival cmu_us_slt_arctic_hts", "festival ked_diphone", "festival kal_diphone")
TALKERS = (*SCORED, *TEACHERS, "espeak-ng en-us")

# device, command, lessons, scored in a wording of those lessons, scored in a wording that occurs in no lesson.
SENTENCES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "kitchen_light",
        "on",
        ("turn on the kitchen light", "kitchen light on please", "switch the kitchen light on"),
        ("turn on the kitchen light", "kitchen light on please"),
        ("could you put the kitchen light on for me", "we need the light in the kitchen on"),
    ),
    (
        "kitchen_light",
        "off",
        ("turn off the kitchen light", "switch the kitchen light off", "kitchen light off please"),
        ("switch the kitchen light off", "turn off the kitchen light"),
        ("could you switch off the light in the kitchen", "the kitchen light can go off now"),
    ),
    (
        "counter_lamp",
        "on",
        ("switch on the counter lamp", "turn the counter lamp on", "counter lamp on please"),
        ("turn the counter lamp on",),
        ("can I have the lamp on the counter on",),
    ),
    (
        "counter_lamp",
        "off",
        ("switch off the counter lamp", "counter lamp off", "turn the counter lamp off"),
        ("counter lamp off", "switch off the counter lamp"),
        ("nobody needs the counter lamp turn it off",),
    ),
    (
        "ceiling_fan",
        "on",
        ("start the ceiling fan", "turn the ceiling fan on please", "ceiling fan on"),
        ("turn the ceiling fan on please", "start the ceiling fan"),
        ("I would like the ceiling fan on", "it is hot in here have the ceiling fan on"),
    ),
    (
        "ceiling_fan",
        "off",
        ("stop the ceiling fan", "turn the ceiling fan off", "please switch off the ceiling fan"),
        ("stop the ceiling fan",),
        ("you can shut the ceiling fan off", "that is enough I want the ceiling fan off"),
    ),
    (
        "bedroom_light",
        "on",
        ("turn the bedroom light on", "bedroom light on please", "switch on the bedroom light"),
        ("bedroom light on please", "turn the bedroom light on"),
        ("let us have the bedroom light on",),
    ),
    (
        "bedroom_light",
        "off",
        ("bedroom light off", "switch off the bedroom light please", "turn off the bedroom light"),
        ("switch off the bedroom light please",),
        ("let the bedroom light go off", "would you mind turning the bedroom light off"),
    ),
    (
        "bedside_dimmer",
        "on",
        ("turn on the bedside dimmer", "switch the bedside dimmer on please", "bedside dimmer on"),
        ("turn on the bedside dimmer",),
        ("I want the dimmer by the bed on",),
    ),
    (
        "bedside_dimmer",
        "off",
        ("turn off the bedside dimmer", "bedside dimmer off please", "switch the bedside dimmer off"),
        ("bedside dimmer off please",),
        ("the bedside dimmer should be off",),
    ),
    (
        "bedside_dimmer",
        "set",
        (
            "dim the bedside dimmer to thirty percent",
            "set the bedside dimmer to sixty percent",
            "put the bedside dimmer at eighty percent",
        ),
        ("set the bedside dimmer to twenty percent", "dim the bedside dimmer to fifty percent"),
        ("make the bedside dimmer forty percent", "bring the bedside dimmer down to ten percent"),
    ),
)

EARLY_TALK = (
    "the kitchen was cold this morning",
    "is this lamp a new one",
    "the fan in my office is loud",
    "my bedroom is on the first floor",
    "I left the book on the counter",
    "he was off sick on monday",
)
"""Said by those who teach, while they teach: life goes on."""
NEAR_COMMANDS = (
    "the kitchen light is nice",
    "I bought a new fan for the bedroom",
    "did you turn the oven on",
    "she turned the light of her car off last night",
    "the lamp on the counter was a gift",
    "turn left at the next light",
    "the ceiling in the kitchen needs paint",
    "thirty percent of the people said no",
    "we went to bed after the lights went out",
    "please turn the page",
    "my brother is a fan of that team",
    "put the book on the table by the bed",
)
TALK = (
    "what time does the train leave",
    "I think it is going to rain tomorrow",
    "have you seen my glasses",
    "the soup needs a little more salt",
    "my mother called this morning",
    "we should go shopping on saturday",
    "the cat is asleep on the sofa",
    "can you help me with my homework",
    "that film was far too long",
    "dinner is almost ready",
    "no I did not say that",
    "let us talk about it later",
)
# What sox makes them of; its random generator starts anew, and the same, in every run.
NOISES = {
    "white noise": "synth 1 whitenoise fade q .05 1 .05",
    "brown noise": "synth 1.5 brownnoise fade q .05 1.5 .05",
    "hum": "synth 1.5 sine 50 synth 1.5 sine mix 150 fade q .05 1.5 .05",
    "a tone": "synth .8 sine 880 fade q .01 .8 .05",
    "knocks at a door": "synth .07 brownnoise fade l .001 .07 .066 lowpass 500 pad 0 .22 repeat 2",
    "clicks": "synth .01 whitenoise fade l 0 .01 .01 pad 0 .3 repeat 3",
    "a cough": "synth .22 pinknoise bandpass 900 1.2q fade l .008 .22 .2 pad 0 .15 repeat 1",
}
TENS = {"ten": 10, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "eighty": 80}


class Plan(NamedTuple):
    """One recording to be made."""

    file: str
    kind: str
    voice: str
    text: str
    action: dict[str, Any] | None = None
    wording: str | None = None


def plans() -> list[Plan]:
    """Everything that is to be recorded, each kind's voices taking turns."""
    return [*plan_sentences(), *plan_nothing()]


def plan_sentences() -> Iterator[Plan]:
    """Lessons and commands. Voices take turns from one sentence to the next, so that none owns an action."""
    teachers = itertools.cycle(TEACHERS)
    turns = {"same": itertools.cycle(SCORED), "other": itertools.cycle(reversed(SCORED))}
    for device, command, lessons, same, other in SENTENCES:
        for number, text in enumerate(lessons, 1):
            yield Plan(
                f"lesson_{device}_{command}_{number}.flac",
                "lesson",
                next(teachers),
                text,
                action(device, command, text),
            )
        for wording, texts in (("same", same), ("other", other)):
            for number, text in enumerate(texts, 1):
                file = f"command_{device}_{command}_{wording}_{number}.flac"
                yield Plan(file, "command", next(turns[wording]), text, action(device, command, text), wording)


def plan_nothing() -> Iterator[Plan]:
    """Whatever must cause nothing."""
    teachers = itertools.cycle(TEACHERS)
    for number, text in enumerate(EARLY_TALK, 1):
        yield Plan(f"oov_early_{number:02}.flac", "oov", next(teachers), text)
    talkers = itertools.cycle(TALKERS)
    for name, texts in (("near", NEAR_COMMANDS), ("talk", TALK)):
        for number, text in enumerate(texts, 1):
            yield Plan(f"oov_{name}_{number:02}.flac", "oov", next(talkers), text)
    for text in NOISES:
        yield Plan(f"oov_noise_{text.removeprefix('a ').replace(' ', '_')}.flac", "oov", "sox", text)


def action(device: str, command: str, text: str) -> dict[str, Any]:
    """What was meant; the number of `set` is the one in the sentence."""
    value = next(float(TENS[word]) for word in text.split() if word in TENS) if command == "set" else None
    return {"device": device, "command": command, "value": value}


def synthesise(plan: Plan) -> Sound:
    """The bare sound, scaled: what synthesiser or sox make of it."""
    if plan.voice == "sox":
        command = ["sox", "-R", "-D", "-n", "-r", str(RATE_HZ), *raw_output(), *NOISES[plan.text].split()]
        return scaled(decode(subprocess.run(command, check=True, capture_output=True)))
    engine, name = plan.voice.split()
    with tempfile.TemporaryDirectory() as folder:
        spoken = str(Path(folder) / "spoken.wav")
        command = {
            "flite": ["flite", "-voice", name, "-t", plan.text, "-o", spoken],
            "festival": ["text2wave", "-eval", f"(voice_{name})", "-o", spoken],
            "espeak-ng": ["espeak-ng", "-v", name, "-s", "150", "-w", spoken, plan.text],
        }[engine]
        subprocess.run(command, check=True, capture_output=True, input=plan.text.encode())
        # -D: no dither; turned down first, lest resampling clips.
        resample = ["sox", "-D", spoken, *raw_output(), "gain", "-3", "rate", "-h", str(RATE_HZ)]
        return scaled(decode(subprocess.run(resample, check=True, capture_output=True)))


def raw_output() -> list[str]:
    """Arguments of sox for samples on its standard output."""
    return ["-t", "raw", "-e", "floating-point", "-b", "32", "-L", "-c", "1", "-"]


def decode(process: subprocess.CompletedProcess[bytes]) -> Sound:
    """The samples that sox wrote."""
    return np.frombuffer(process.stdout, dtype="<f4").astype(np.float64)


def scaled(sound: Sound) -> Sound:
    """The same with its loudest sample at `PEAK`."""
    if not sound.size or not np.abs(sound).max():
        raise ValueError("the synthesiser was silent")
    return sound * (PEAK / float(np.abs(sound).max()))


def speech_bounds(sound: Sound) -> tuple[int, int]:
    """First sample of speech, and the first one after it."""
    loud = np.flatnonzero(np.abs(sound) > THRESHOLD)
    return int(loud[0]), int(loud[-1]) + 1


def framed(sound: Sound) -> Sound:
    """The sound with just the silence it should have: faint onset and decay are kept for `MARGIN_MS`."""
    start, end = speech_bounds(sound)
    margin, before, after = (ms * RATE_HZ // 1000 for ms in (MARGIN_MS, BEFORE_MS, AFTER_MS))
    kept = sound[max(0, start - margin) : end + margin]
    kept_start, kept_end = speech_bounds(kept)
    return np.concatenate([np.zeros(before - kept_start), kept, np.zeros(after - (kept.size - kept_end))])


def record(plan: Plan, folder: Path) -> dict[str, Any]:
    """Make one file; return its line of the manifest. The noise depends on the file's name alone."""
    sound = framed(synthesise(plan))
    start, end = speech_bounds(sound)
    noise = np.random.default_rng(zlib.crc32(plan.file.encode())).normal(0.0, NOISE, sound.size)
    pcm = (np.round((sound + noise) * (32767 / STEP)) * STEP).astype(np.int16)
    unfinished = folder / f".{os.getpid()}.{plan.file}"
    soundfile.write(unfinished, pcm, RATE_HZ, "PCM_16", format="FLAC", compression_level=1.0)
    unfinished.replace(folder / plan.file)
    return plan._asdict() | {
        "speech_started_ms": start * 1000 // RATE_HZ,
        "speech_ended_ms": -(-end * 1000 // RATE_HZ),
    }


def record_all(folder: Path, jobs: int) -> list[dict[str, Any]]:
    """Make every file, `jobs` at a time; return the manifest in the order of the plans."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = plans()
    entries = []
    with ThreadPoolExecutor(jobs) as workers:
        for entry in workers.map(lambda plan: record(plan, folder), planned):
            entries.append(entry)
            print(f"{len(entries):3} of {len(planned)}  {entry['file']}", file=sys.stderr)
    write_manifest(folder / "manifest.json", entries)
    for leftover in sorted({path.name for path in folder.glob("*.flac")} - {plan.file for plan in planned}):
        print(f"not one of ours, or no longer: {folder / leftover}", file=sys.stderr)
    return entries


def write_manifest(path: Path, entries: Iterable[dict[str, Any]]) -> None:
    """One line per recording, so that a difference reads well."""
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    unfinished.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
    unfinished.replace(path)


def main() -> None:
    """Read the command line, make the recordings, say what was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to (default: device/demo/recordings)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: one a core)"
    )
    arguments = parser.parse_args()
    entries = record_all(arguments.out, arguments.jobs)
    megabytes = sum(path.stat().st_size for path in arguments.out.glob("*.flac")) / 1e6
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(entry["kind"] for entry in entries).items())
    print(f"{kinds}; {megabytes:.2f} MB in {arguments.out}")


if __name__ == "__main__":
    main()
