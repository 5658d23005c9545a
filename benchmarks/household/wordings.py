"""Texts of a data folder to ways of asking for things, and to talk that is for nobody's house.

Requests for lights, plugs, coffee and cleaning come from `nlu_home/` (their annotated slots become gaps), brightness,
blinds and temperature from the test sentences of `home_assistant_en/`. Requests for everything at once, for another
time of day and for colours are left out: no device of this house could be meant.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.numbers import replace_numbers
from device.phrasings import words_of

ROOM, NAME, VALUE = "<room>", "<name>", "<value>"
_SLOT = re.compile(r"\[(\w+) : ([^\]]+)\]")
_MANY = re.compile(r"\b(all|every|everything|both|each|entire|whole|floor|colou?rs?|here)\b")
_COVERS = re.compile(r"(open|close|shut|raise|lower)\b")
_LONGEST = 30
"""Words; the listener ends what is much longer by force."""
_INTENTS = {
    "hue_lighton": "light on",
    "hue_lightoff": "light off",
    "hue_lightdim": "light dim",
    "hue_lightup": "light brighten",
    "wemo_on": "plug on",
    "wemo_off": "plug off",
    "coffee": "coffee on",
    "cleaning": "vacuum on",
}
Wordings = Mapping[str, list[str]]
"""Sort of wish to sentences with gaps."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a household of this folder may say."""

    wordings: Wordings
    talk: list[tuple[str, ...]]


def read_texts(data: Path) -> Texts:
    """Read a data folder; end the program if it is none."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    talk: dict[tuple[str, ...], None] = {}
    try:
        for name in ("dev.csv", "slurp_dev.csv"):
            for row in _rows(data / "nlu_home" / name):
                if row["scenario"] != "iot":
                    talk[tuple(words_of(row["utterance"]))] = None
                elif row["intent"] in _INTENTS:
                    _add_request(found, _INTENTS[row["intent"]], row["annotated"])
        for row in _rows(data / "out_of_scope" / "dev.csv"):
            if row["intent"] == "oos":
                talk[tuple(words_of(row["utterance"]))] = None
        for line in (data / "home_assistant_en" / "test_sentences.jsonl").read_text(encoding="utf-8").splitlines():
            _add_test_sentence(found, json.loads(line))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")
    return Texts({sort: list(ways) for sort, ways in found.items()}, [t for t in talk if 0 < len(t) <= _LONGEST])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _add_request(found: defaultdict[str, dict[str, None]], sort: str, annotated: str) -> None:
    slots = dict(_SLOT.findall(annotated))
    if set(slots) - {"house_place", "device_type", "change_amount"} or _MANY.search(annotated):
        return
    names_its_thing = sort.startswith("plug")
    gaps = {"house_place": ROOM, "device_type": NAME if names_its_thing else None}
    if "change_amount" in slots:
        amount = slots["change_amount"].split()
        if "by" in amount or not replace_numbers(amount)[1]:
            return  # by how much, or no number at all
        sort = "light set"
        gaps["change_amount"] = f"to {VALUE} percent"
    if names_its_thing and set(slots) != {"device_type"}:
        return
    if sort in ("coffee on", "vacuum on") and "house_place" in slots:
        return
    way = _SLOT.sub(lambda slot: gaps[slot[1]] or slot[2], annotated)
    found[sort][way.replace("to to ", "to ")] = None


def _add_test_sentence(found: defaultdict[str, dict[str, None]], line: Mapping[str, Any]) -> None:
    slots, sentence = line["slots"], line["sentence"].lower()
    sort = _sort_of(line["intent"], slots, sentence)
    places = ((slots.get(key), gap) for key, gap in (("name", NAME), ("area", ROOM)))
    where = [(place.lower(), gap) for place, gap in places if isinstance(place, str)]
    if sort is None or not where or any(w not in sentence for w, _ in where) or _MANY.search(sentence):
        return
    for place, gap in where:
        sentence = re.sub(rf"\b{re.escape(place)}\b", gap, sentence)
    value = slots.get("brightness", slots.get("temperature"))
    if value is not None:
        sentence, times = re.subn(rf"\b{value}\b ?(%|°|percent|degrees)?", rf"{VALUE} \1", sentence)
        if times != 1:
            return
        sentence = sentence.replace("%", "percent").replace("°", "degrees")
    found[sort][sentence] = None


def _sort_of(intent: str, slots: Mapping[str, Any], sentence: str) -> str | None:
    """The sort of wish that a test sentence is, if anybody here would say it."""
    if intent == "HassLightSet" and "brightness" in slots:
        return "light set"
    if intent == "HassClimateSetTemperature" and "area" in slots:
        return "temperature set"
    if intent not in ("HassTurnOn", "HassTurnOff"):
        return None
    is_on = intent == "HassTurnOn"
    domain, by_name = slots.get("domain"), "name" in slots and slots["name"] != "all"
    if (domain is None and by_name and _COVERS.match(sentence)) or slots.get("device_class") == "blind":
        return "blinds open" if is_on else "blinds close"
    if domain == "light" and "area" in slots:
        return "light on" if is_on else "light off"
    if domain is None and by_name and "light" not in sentence:
        return "plug on" if is_on else "plug off"
    return None
