"""What came of the demonstration, counted from what reached the switches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from device.acoustic.sounds import described
from device.demo.person import Scene
from device.messages import NOTHING, Lesson


def summary(scenes: Sequence[Scene], lessons: Sequence[Lesson], flips: int) -> dict[str, Any]:
    """The figures of a demonstration. `right`: the house did what was meant, once, and nothing else."""
    commands = [s for s in scenes if s.recording.kind == "command"]
    talk = [s for s in scenes if s.recording.kind == "oov"]
    acted = [s.acted_after_speech_ms for s in commands if s.acted_after_speech_ms is not None]
    lessons = [lesson for lesson in lessons if lesson.weight]
    taught = Counter(lesson.action.label for lesson in lessons if lesson.action != NOTHING)
    return {
        "commands": len(commands),
        "right": sum(is_right(s) for s in commands),
        "right_same_wording": sum(is_right(s) for s in commands if s.recording.wording == "same"),
        "right_other_wording": sum(is_right(s) for s in commands if s.recording.wording == "other"),
        "other_wording": sum(s.recording.wording == "other" for s in commands),
        "wrong": sum(bool(s.commands) and not is_right(s) for s in commands),
        "before_speech_end": sum(is_right(s) and (s.acted_after_speech_ms or 0) < 0 for s in commands),
        "after_speech_ms_p50": median(acted) if acted else None,
        "after_speech_ms_p95": quantiles(acted, n=20)[-1] if len(acted) > 1 else None,
        "oov_recordings": len(talk),
        "oov_actions": sum(len(s.commands) for s in talk),
        "flips": flips,
        "lessons": len(lessons),
        "actions_taught": len(taught),
        "lessons_per_action_max": max(taught.values(), default=0),
        "stage_ms": _stages(scenes),
        "misses": [
            {
                "file": s.recording.file,
                "said": s.recording.text,
                "heard": described(s.interaction.words) if s.interaction else "",
                "did": [str(action) for action in s.commands],
            }
            for s in [*commands, *talk]
            if (s.commands and s.recording.action is None) or (s.recording.action and not is_right(s))
        ],
    }


def is_right(scene: Scene) -> bool:
    """Whether exactly the wanted command reached the house."""
    return scene.commands == [scene.recording.action]


def _stages(scenes: Sequence[Scene]) -> dict[str, float]:
    """Median processing time per utterance and stage, in milliseconds."""
    heard = [s.interaction.stage_ms for s in scenes if s.interaction is not None]
    stages = dict.fromkeys(stage for stage_ms in heard for stage in stage_ms)
    return {stage: round(median(s[stage] for s in heard if stage in s), 3) for stage in stages}
