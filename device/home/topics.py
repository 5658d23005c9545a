"""Which topics may be published to, and which filters match them: the rules of MQTT 3.1.1, a little stricter.

Left out: `$share` and `$SYS`, which no switch uses.
"""

from __future__ import annotations

MAX_TOPIC_LENGTH = 256


def is_plain(topic: object) -> bool:
    """Whether a topic can be published to without surprises: no wildcard, no empty level, no control character.

    >>> is_plain("zigbee2mqtt/lamp/set"), is_plain("zigbee2mqtt/#"), is_plain("a//b"), is_plain("$SYS/a")
    (True, False, False, False)
    """
    return (
        isinstance(topic, str)
        and 0 < len(topic) <= MAX_TOPIC_LENGTH
        and topic.isprintable()
        and not any(c in topic for c in "+#")
        and not topic.startswith("$")
        and all(topic.split("/"))
    )


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a subscription to `topic_filter` receives `topic`.

    >>> matches("home/+/state", "home/lamp/state"), matches("home/#", "home"), matches("home/+", "home/a/b")
    (True, True, False)
    """
    wanted, found = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and not topic_filter.startswith("$"):
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(found) or level not in ("+", found[i]):
            return False
    return len(wanted) == len(found)
