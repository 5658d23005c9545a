"""What can a house do after one to three lessons an action? On made-up houses, where parameters are chosen.

    python -m benchmarks.first_lessons [--data DIR] [--json FILE] [--quick]

Words go in as the recogniser might have heard them; no sound. Prefixes first: an action before the end counts. Other
people's talk is `nlu_home/` without its home control, and what is out of scope in `out_of_scope/` (CLINC150). Houses 0
to 19 are the ones to choose on, the next 60 the ones to believe; `--test` only replaces the talk.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.arguments import arguments, write
from benchmarks.made_up_houses import MadeUpHouse, Spoken, made_up_house, replaced
from device.everyday import everyday_words
from device.messages import FULL_LESSON
from device.safu.action_heads import NOTHING_KEY, ActionKey, HeadsArchitecture
from device.safu.household import HouseholdArchitecture, HouseholdModel
from device.settings import DecisionSettings

_CHOOSE, _BELIEVE = range(20), range(100, 160)
_QUIET = FULL_LESSON // 4
_FINAL = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
_COSTS = {"right": 1.0, "wrong": -3.0, "near_actions": -1.5, "talk_actions": -30.0}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to configure a household's model."""

    name: str
    architecture: HouseholdArchitecture
    decision: DecisionSettings


def variants() -> list[Variant]:
    """The shipped one, other thresholds, and what each part is worth."""
    shipped, decision = HouseholdArchitecture(), DecisionSettings()
    no_order = replace(shipped, heads=HeadsArchitecture(follower_mass=1e6))
    no_doubt = replace(shipped, whether=replace(shipped.whether, deviations=(1e-3, 1e-3)))
    return [
        Variant("shipped", shipped, decision),
        *(Variant(f"final_{p}", shipped, replace(decision, final_probability=p)) for p in _FINAL),
        *(Variant(f"early_{p}", shipped, replace(decision, early_probability=p)) for p in (0.9, 0.95)),
        *(
            Variant(f"{name}_final_{p}", architecture, replace(decision, final_probability=p))
            for name, architecture in {
                "no_fast_memory": replace(shipped, capacity=0),
                "no_order": no_order,
                "whether_not_calibrated": no_doubt,
            }.items()
            for p in (0.55, 0.65)
        ),
    ]


def main() -> None:
    options = arguments(__doc__).parse_args()
    talk = other_talk(options.test or options.data)
    figures = {"talk_sentences": float(len(talk))}
    table = Table("variant", "houses", *_COSTS, "utility")
    with ProcessPoolExecutor() as pool, Progress(console=Console(stderr=True)) as progress:
        for seeds, label in ((_CHOOSE, "choose"), (_BELIEVE, "believe")):
            houses = [made_up_house(seed, talk) for seed in (seeds[::5] if options.quick else seeds)]
            for variant in progress.track(variants(), description=f"houses to {label} on"):
                shares = score(list(pool.map(live, houses, [variant] * len(houses))))
                table.add_row(variant.name, label, *(f"{value:.4f}" for value in shares.values()))
                figures |= {f"{variant.name}.{label}.{name}": value for name, value in shares.items()}
    Console().print(table)
    write(options, "first_lessons", figures, {"houses": "20 to choose on, 60 to believe", "quick": options.quick})


def other_talk(data: Path) -> list[Spoken]:
    """Sentences that are not for any house."""
    try:
        with (data / "nlu_home" / "dev.csv").open(newline="", encoding="utf-8") as file:
            talk = [row["utterance"] for row in csv.DictReader(file) if row["scenario"] != "iot"]
        with (data / "out_of_scope" / "dev.csv").open(newline="", encoding="utf-8") as file:
            talk += [row["utterance"] for row in csv.DictReader(file) if row["intent"] == "oos"]
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}; name the folder with --data DIR or $SAFU_DATA")
    return [tuple(sentence.lower().split()) for sentence in talk]


def live(house: MadeUpHouse, variant: Variant) -> Counter[str]:
    """Teach one house and count what it does with everything said there."""
    model = HouseholdModel(everyday_words(), variant.architecture)
    for name in house.names:
        model.learn_name(name.split())
    for words, action in house.lessons:
        model.learn_one(words, action, _QUIET if action == NOTHING_KEY else FULL_LESSON)
    counts: Counter[str] = Counter()
    for words, meant in house.commands:
        did = first_action(model, words, variant.decision)
        counts["commands"] += 1
        counts["right"] += did == meant
        counts["wrong"] += did not in (meant, NOTHING_KEY)
    for kind, sentences in (("near", house.near), ("talk", house.talk)):
        counts[kind] += len(sentences)
        counts[f"{kind}_actions"] += sum(first_action(model, s, variant.decision) != NOTHING_KEY for s in sentences)
    return counts


def first_action(model: HouseholdModel, words: Sequence[str], decision: DecisionSettings) -> ActionKey:
    """What is done first while `words` come in one by one; `NOTHING_KEY` if nothing is."""
    for heard in range(1, len(words) + 1):
        ended = heard == len(words)
        probabilities = model.predict_one(replaced(tuple(words[:heard])), ended=ended)
        del probabilities[NOTHING_KEY]
        likeliest = max(probabilities, key=lambda action: probabilities[action])
        enough = decision.final_probability if ended else decision.early_probability
        if probabilities[likeliest] >= enough:
            return likeliest
    return NOTHING_KEY


def score(counts: Iterable[Counter[str]]) -> dict[str, float]:
    """Shares over all houses, and what they are worth together."""
    total = sum(counts, Counter[str]())
    shares = {
        "right": total["right"] / total["commands"],
        "wrong": total["wrong"] / total["commands"],
        "near_actions": total["near_actions"] / total["near"],
        "talk_actions": total["talk_actions"] / total["talk"],
    }
    return shares | {"utility": sum(_COSTS[name] * share for name, share in shares.items())}


if __name__ == "__main__":
    main()
