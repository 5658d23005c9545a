"""Lessons as the trainer gets them: texts and labels."""

from __future__ import annotations

from collections.abc import Sequence


def check_lessons(texts: Sequence[str], labels: Sequence[str]) -> None:
    """Raises `ValueError` if nothing can be learned from them.

    >>> check_lessons(["lights on"], ["on"])
    Traceback (most recent call last):
    ...
    ValueError: all lessons are of one class: there is nothing to tell apart
    """
    if not len(texts):
        raise ValueError("there is nothing to learn from: no texts")
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts but {len(labels)} labels")
    if len(set(labels)) < 2:
        raise ValueError("all lessons are of one class: there is nothing to tell apart")
