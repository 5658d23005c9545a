"""A few dozen ways to ask for something, with gaps for the house's own names.

They are the language the recogniser leans on, and, unless `blank`, what a new household's model is warm-started
from, so that "turn on the kitchen light" works on the first day. What a household says instead, it teaches.
Left out: other languages; a household that speaks one is served by teaching.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from device.messages import Action, Device
from device.numbers import NUMBER

_ON_OFF = (
    "turn {switch} the {name}",
    "turn the {name} {switch}",
    "turn {switch} {name}",
    "switch {switch} the {name}",
    "switch the {name} {switch}",
    "put the {name} {switch}",
    "put {switch} the {name}",
    "i want the {name} {switch}",
    "i need the {name} {switch}",
    "{name} {switch}",
    "the {name} {switch}",
)
_PHRASINGS: dict[str, tuple[str, ...]] = {
    "on": (*(p.replace("{switch}", "on") for p in _ON_OFF), "start the {name}", "light the {name}"),
    "off": (*(p.replace("{switch}", "off") for p in _ON_OFF), "stop the {name}", "kill the {name}"),
    "open": ("open the {name}", "open up the {name}", "raise the {name}", "{name} up", "{name} open"),
    "close": ("close the {name}", "shut the {name}", "lower the {name}", "{name} down", "{name} closed"),
    "stop": ("stop the {name}", "{name} stop", "hold the {name}"),
    "set": (
        "set the {name} to {number}",
        "set {name} to {number}",
        "turn the {name} to {number}",
        "turn the {name} up to {number}",
        "turn the {name} down to {number}",
        "put the {name} at {number}",
        "put the {name} to {number}",
        "dim the {name} to {number}",
        "bring the {name} to {number}",
        "change the {name} to {number}",
        "make the {name} {number}",
        "{name} {number}",
        "{name} at {number}",
        "{name} to {number}",
    ),
    "select": ("set the {name} to {option}", "switch the {name} to {option}", "{name} {option}", "play {option}"),
}
_UNITS = {"%": "percent", "°C": "degrees", "°F": "degrees"}
COURTESIES = (
    "{}",
    "please {}",
    "{} please",
    "can you {}",
    "could you {}",
    "would you {}",
    "can you please {}",
    "could you please {}",
    "will you {}",
    "{} now",
    "okay {}",
    "hey {}",
    "i want you to {}",
    "let's {}",
)
"""What people put around a request."""


def phrasings(device: Device) -> Iterator[tuple[tuple[str, ...], Action]]:
    """Ways to ask this device for each thing it can do; a number stands as `NUMBER`.

    >>> lamp = Device("lamp", "Desk Lamp", "light", frozenset({"on"}), area="Study")
    >>> [" ".join(words) for words, action in phrasings(lamp)][:2]
    ['turn on the desk lamp', 'turn on the lamp in the study']
    """
    for command in sorted(device.commands):
        for template in _PHRASINGS[command]:
            for name in spoken_names(device):
                for option in device.options if command == "select" else ("",):
                    text = template.format(name=name, number=f"{NUMBER} {_UNITS.get(device.unit, '')}", option=option)
                    yield tuple(words_of(text)), Action(device.id, command, option or None)


def spoken_names(device: Device) -> Sequence[str]:
    """What people may call a device: its name, and what it is by the room it is in.

    >>> spoken_names(Device("x", "Kitchen Light", "light", frozenset(), area="Kitchen"))
    ('kitchen light', 'light in the kitchen')
    """
    name, area = " ".join(words_of(device.name)), " ".join(words_of(device.area))
    if not area:
        return (name,)
    what = (name.removeprefix(area).strip() or name).split()[-1]
    return name, f"{what} in the {area}"


def words_of(text: str) -> list[str]:
    """Lower-case words as recognisers write them: letters, digits and inner apostrophes; the rest separates.

    >>> words_of("Turn on Mary's kitchen-light, 30%!")
    ['turn', 'on', "mary's", 'kitchen', 'light', '30']
    """
    kept = "".join(c if c.isalnum() or c in "'<>" else " " for c in text.lower())
    return [word for word in (w.strip("'") for w in kept.split()) if word]
