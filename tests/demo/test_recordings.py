"""The demonstration's recordings: is the score they give an honest one?"""

from __future__ import annotations

import json
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from device.demo.script import FOLDER, Recording, load_manifest
from device.errors import RecordingError
from scripts import make_recordings

RECORDINGS = load_manifest()
LESSONS = [recording for recording in RECORDINGS if recording.kind == "lesson"]
COMMANDS = [recording for recording in RECORDINGS if recording.kind == "command"]
NOTHING = [recording for recording in RECORDINGS if recording.kind == "oov"]
HOUSE = {
    "kitchen_light": ("on", "off"),
    "counter_lamp": ("on", "off"),
    "ceiling_fan": ("on", "off"),
    "bedroom_light": ("on", "off"),
    "bedside_dimmer": ("on", "off", "set"),
}
LABELS = {f"{device} {command}" for device, commands in HOUSE.items() for command in commands}
ROUNDABOUT = ("light in the kitchen", "lamp on the counter", "light in the bedroom", "dimmer by the bed")
NUMBERS = re.compile(r"\b(ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b")
PERSONS = {
    "flite slt": "slt",
    "festival cmu_us_slt_arctic_hts": "slt",
    "flite kal16": "kal",
    "festival kal_diphone": "kal",
    "festival ked_diphone": "ked",
    "flite rms": "rms",
    "flite awb": "awb",
}


def label(recording: Recording) -> str:
    assert recording.action is not None
    return recording.action.label


def worded(text: str) -> str:
    """The wording alone: no numbers, no names, and a name put in other words is still a name."""
    names = "|".join((*(device.replace("_", " ") for device in HOUSE), *ROUNDABOUT))
    return re.sub(rf"\b({names})\b", "<device>", NUMBERS.sub("<number>", text.lower()))


def read(recording: Recording) -> npt.NDArray[np.float64]:
    samples: npt.NDArray[np.float64] = soundfile.read(recording.path, dtype="float64")[0]
    return samples


def test_manifest_and_folder_agree() -> None:
    files = [recording.file for recording in RECORDINGS]
    assert len(files) == len(set(files))
    assert {path.name for path in FOLDER.iterdir()} == {*files, "manifest.json", "sounds"}


def test_the_set_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 3_000_000


def test_the_script_still_plans_exactly_these() -> None:
    entries = json.loads((FOLDER / "manifest.json").read_text())
    measured = ("speech_started_ms", "speech_ended_ms")
    kept = [{key: value for key, value in entry.items() if key not in measured} for entry in entries]
    assert kept == [plan._asdict() for plan in make_recordings.plans()]


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.file)
def test_sound_is_what_the_microphone_path_expects(recording: Recording) -> None:
    info = soundfile.info(recording.path)
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("FLAC", "PCM_16", 16_000, 1)
    assert 1.0 < info.duration < 6.0
    samples = read(recording)
    assert np.abs(samples).max() == pytest.approx(0.4, abs=0.005)
    silences = (samples[: 16 * (recording.speech_started_ms - 50)], samples[16 * (recording.speech_ended_ms + 50) :])
    for silence in silences:
        assert 0.00003 < silence.std() < 0.001, "faint noise, not digital silence"
    assert recording.speech_started_ms == pytest.approx(400, abs=1)
    assert len(samples) / 16 - recording.speech_ended_ms == pytest.approx(600, abs=1)


def test_no_two_recordings_sound_the_same() -> None:
    assert len({zlib.crc32(read(recording).tobytes()) for recording in RECORDINGS}) == len(RECORDINGS)


def test_every_action_has_three_lessons_in_several_wordings() -> None:
    taught = Counter(label(lesson) for lesson in LESSONS)
    assert set(taught) == LABELS
    assert all(count == 3 for count in taught.values())
    assert len({(label(lesson), worded(lesson.text)) for lesson in LESSONS}) == len(LESSONS)


def test_every_action_is_scored_in_both_wordings() -> None:
    scored = {(label(command), command.wording) for command in COMMANDS}
    assert scored == {(name, wording) for name in LABELS for wording in ("same", "other")}


def test_there_are_enough_commands_half_of_them_in_other_wordings() -> None:
    assert len(COMMANDS) >= 28
    assert 2 * sum(command.wording == "other" for command in COMMANDS) == len(COMMANDS)


def test_a_number_is_the_one_that_is_said() -> None:
    for recording in LESSONS + COMMANDS:
        assert recording.action is not None
        said = [make_recordings.TENS[word] for word in NUMBERS.findall(recording.text)]
        assert said == ([] if recording.action.value is None else [recording.action.value]), recording.file


def test_other_wordings_occur_in_no_lesson() -> None:
    taught = {worded(lesson.text) for lesson in LESSONS}
    others = {worded(command.text) for command in COMMANDS if command.wording == "other"}
    assert not others & taught
    assert len(others) == len(COMMANDS) // 2, "and each is said once"


def test_same_wordings_occur_in_a_lesson_for_the_same_action() -> None:
    taught = {(label(lesson), NUMBERS.sub("<number>", lesson.text)) for lesson in LESSONS}
    same = {(label(c), NUMBERS.sub("<number>", c.text)) for c in COMMANDS if c.wording == "same"}
    assert same <= taught


def test_who_teaches_is_never_scored() -> None:
    teachers = {PERSONS[lesson.voice] for lesson in LESSONS}
    scored = {PERSONS[command.voice] for command in COMMANDS}
    assert not teachers & scored
    assert len({command.voice for command in COMMANDS}) >= 4


def test_what_must_cause_nothing_is_talk_by_the_scored_voices_and_noise() -> None:
    assert len(NOTHING) >= 24
    assert {command.voice for command in COMMANDS} <= {recording.voice for recording in NOTHING}
    assert sum(recording.voice == "sox" for recording in NOTHING) >= 5
    commands = {worded(recording.text) for recording in LESSONS + COMMANDS}
    assert not commands & {worded(recording.text) for recording in NOTHING}


GOOD: dict[str, Any] = {
    "file": "lesson_a.flac",
    "kind": "lesson",
    "voice": "flite rms",
    "text": "dim it",
    "action": {"device": "lamp", "command": "set", "value": 30},
    "wording": None,
    "speech_started_ms": 400,
    "speech_ended_ms": 900,
}


def manifest(folder: Path, *entries: object) -> Path:
    (folder / "manifest.json").write_text(json.dumps(entries))
    return folder


def test_a_good_entry_is_read_and_its_value_is_a_float(tmp_path: Path) -> None:
    (recording,) = load_manifest(manifest(tmp_path, GOOD))
    assert recording.action is not None
    assert isinstance(recording.action.value, float)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"kind": "joke"}, "kind"),
        ({"file": "command_a.flac"}, "file"),
        ({"file": "lesson_/../../a.flac"}, "file"),
        ({"text": ""}, "text"),
        ({"voice": 3}, "voice"),
        ({"action": None}, "action"),
        ({"action": "on"}, "action"),
        ({"action": {"device": "lamp", "command": "set", "value": None}}, "value"),
        ({"action": {"device": "lamp", "command": "on", "value": 3}}, "value"),
        ({"action": {"device": "lamp", "command": "set", "value": True}}, "value"),
        ({"action": {"device": "lamp"}}, "missing"),
        ({"wording": "same"}, "wording"),
        ({"speech_started_ms": 900}, "speech"),
        ({"speech_ended_ms": 900.5}, "speech_ended_ms"),
    ],
)
def test_a_bad_entry_is_named(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RecordingError, match=rf"entry 2 \([^)]*\): .*{complaint}"):
        load_manifest(manifest(tmp_path, GOOD, GOOD | changes))


def test_an_entry_that_is_no_object_is_named_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="entry 1: should be an object"):
        load_manifest(manifest(tmp_path, "lesson"))


def test_a_missing_or_broken_manifest_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="make recordings"):
        load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(RecordingError, match="make recordings"):
        load_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(RecordingError, match="list"):
        load_manifest(tmp_path)
