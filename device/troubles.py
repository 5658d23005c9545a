"""What is wrong with what is heard: counted, and said the first, the tenth, the hundredth time.

A television is talk all evening, and a dead microphone is dead all night: a line each time would bury the others.
Every count is told to the broker, where Home Assistant shows it, and `safu doctor` reads it there. Left out: what
makes a recogniser or the journal fail; that is said as it happens.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping

log = logging.getLogger(__name__)

TROUBLES: Mapping[str, str] = {
    "overloaded": "turn its level down, or stand further away",
    "silent": "is the microphone muted or unplugged? to find out: safu doctor",
    "offset": "try another cable or sound card: half of what can be heard is lost",
    "hum": "try another cable or power supply, and keep away from transformers",
    "refused": "safu history --lessons lists what is known; safu undo N makes room",
    "lost": "its log says why: journalctl -u safu",
}
"""What can be done about each kind that is worth a warning."""
ORDINARY: Mapping[str, str] = {
    "talk": "a command is shorter than three seconds, with quiet before and after it",
    "changed": "if you are understood worse now, say it and flip the switch once more",
}
"""And what there is to say of the others: they belong to life."""
HINTS: Mapping[str, str] = {**TROUBLES, **ORDINARY}


def tell(counters: Counter[str], kind: str, what: str) -> None:
    """Count it; say it, at growing intervals.

    >>> counters = Counter(talk=98)
    >>> tell(counters, "talk", "somebody talks")
    >>> counters["talk"]
    99
    """
    counters[kind] += 1
    times = counters[kind]
    is_round = times == 10 ** (len(str(times)) - 1)
    level = logging.WARNING if kind in TROUBLES else logging.INFO
    log.log(level if is_round else logging.DEBUG, "%s%s", what, f" ({times} times so far)" if times > 1 else "")


def trouble_count(counters: Mapping[str, int]) -> int:
    """All that was worth a warning."""
    return sum(counters.get(kind, 0) for kind in TROUBLES)
