"""Distillation: a teacher that is too big for the device labels what nobody labelled (Hinton et al. 2015).

On lessons the target is half what the lesson says, half what the teacher says; on unlabelled talk it is the teacher
alone. The teacher lives on the host; only the student's weights travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.progress import Progress

from device.safu.contexts import Floats
from trainer.baselines.intent_text import Classifier
from trainer.intents import SafuIntents


@dataclass(frozen=True, slots=True)
class Teachers:
    """Several models that know the same classes, mixed."""

    models: Sequence[Classifier]
    shares: Sequence[float]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""
        found = [share * model.probabilities(texts) for model, share in zip(self.models, self.shares, strict=True)]
        mixed: Floats = np.sum(found, axis=0)
        return mixed


def distil(
    student: SafuIntents,
    teachers: Teachers,
    texts: Sequence[str],
    labels: Sequence[str],
    unlabelled: Sequence[str],
    progress: Progress | None = None,
) -> None:
    """Fit `student` to what `teachers`, fitted already, say of lessons and of unlabelled talk.

    Raises `ValueError` for a label that no teacher knows.
    """
    student.classes = teachers.models[0].classes
    place = {name: number for number, name in enumerate(student.classes)}
    if strangers := set(labels) - place.keys():
        raise ValueError(f"the teachers never saw {', '.join(sorted(strangers))}")
    gold = np.eye(len(place))[[place[label] for label in labels]]
    targets = np.concatenate([(gold + teachers.probabilities(texts)) / 2, teachers.probabilities(unlabelled)])
    student.fit_targets([*texts, *unlabelled], targets.astype(np.float32), progress)
