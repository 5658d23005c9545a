"""The real sound card path, without a sound card: ALSA's file plugin reads a FIFO, PortAudio believes it."""

from __future__ import annotations

import ctypes.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(ctypes.util.find_library("portaudio") is None, reason="libportaudio2 is not installed")

ALSA = """</usr/share/alsa/alsa.conf>
pcm.silence { type null }
pcm.testmic { type file slave.pcm "silence" file "/dev/null" infile "mic.fifo" format "raw" }
"""
LISTENER = """
import itertools, json, os, threading, time
import numpy as np
from device.audio.microphone import SoundCardMicrophone, input_devices
from device.errors import MicrophoneError

fifo = os.open("mic.fifo", os.O_RDWR | os.O_NONBLOCK)
told = {"inputs": [name for _, name in input_devices()]}
try:
    SoundCardMicrophone("nosuch").open()
except MicrophoneError as error:
    told["unknown"] = str(error)
stop = threading.Event()

def speak():
    began, sent = time.monotonic(), 0
    while not stop.is_set():
        due = 512 * int(16_000 * (time.monotonic() - began) / 512 + 4)  # whole frames: ALSA fills short reads
        samples = np.arange(sent, due) % 30_000 + 1
        try:
            os.write(fifo, samples.astype("<i2").tobytes())
            sent = due
        except BlockingIOError:
            pass
        time.sleep(0.01)

microphone = SoundCardMicrophone("testmic")
frames = microphone.frames()
began = time.monotonic()
next(frames)
thread = threading.Thread(target=speak)
thread.start()
heard = [frame for frame in itertools.takewhile(lambda f: f.ended_ms <= 3_000, frames)]
told["wall_s"] = time.monotonic() - began
samples = np.frombuffer(b"".join(frame.pcm for frame in heard), "<i2").astype(int)
samples = samples[samples != 0]
told["heard"] = len(samples)
told["in_order"] = float(np.mean(np.diff(samples) == 1))
told["steps_ms"] = sorted({b.ended_ms - a.ended_ms for a, b in zip(heard, heard[1:])})
stop.set()
thread.join()
after = [frame for frame in itertools.takewhile(lambda f: f.ended_ms <= 6_000, frames)]
told["after"] = len(after)
told["outages"] = microphone.counters.outages
told["trouble"] = microphone.trouble
print(json.dumps(told), flush=True)
os._exit(0)  # PortAudio would wait for the dead card
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("alsa")
    (folder / "alsa.conf").write_text(ALSA)
    subprocess.run(["mkfifo", folder / "mic.fifo"], check=True)
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", LISTENER],
        cwd=folder,
        env={"ALSA_CONFIG_PATH": "alsa.conf", "PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    shown: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return shown


def test_sound_arrives_in_order_and_in_real_time(told: dict[str, Any]) -> None:
    assert told["steps_ms"] == [32]
    assert told["wall_s"] == pytest.approx(3.0, abs=0.5)
    assert told["heard"] > 16_000
    assert told["in_order"] > 0.99


def test_after_an_unplug_silence_goes_on_and_is_explained(told: dict[str, Any]) -> None:
    assert told["after"] == pytest.approx(3_000 / 32, abs=2)
    assert told["outages"] >= 1
    assert "silent" in str(told["trouble"])


def test_an_unknown_name_lists_what_there_is(told: dict[str, Any]) -> None:
    assert "testmic" in told["unknown"]
    assert "audio.device" in told["unknown"]
