"""Write `device/everyday_words.tsv`: the commonest English words and their share of everyday text.

They are counted from nothing of ours: the probabilities are those of the US-English language model in the
PocketSphinx wheel (BSD licence). The recogniser uses them as the way out for talk that is not for the house, the
model as its idea of what such talk sounds like. Run again when the wheel's model changes.
"""

import argparse
import math
from pathlib import Path

from pocketsphinx import Decoder, get_model_path

TARGET = Path(__file__).parent.parent / "device" / "everyday_words.tsv"
_LN_PER_UNIT = math.log(1.0001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=2000)
    count = parser.parse_args().words
    decoder = Decoder(loglevel="FATAL")
    model = decoder.get_lm(decoder.current_search())
    words = [line.split()[0] for line in Path(get_model_path("en-us/cmudict-en-us.dict")).read_text().splitlines()]
    shares = {w: math.exp(_LN_PER_UNIT * model.prob([w])) for w in words if w.replace("'", "").isalpha()}
    floor = min(shares.values())
    commonest = sorted((w for w in shares if shares[w] > floor), key=lambda w: (-shares[w], w))[:count]
    total = sum(shares[w] for w in commonest)
    TARGET.write_text("".join(f"{w}\t{shares[w] / total:.3e}\n" for w in commonest))
    print(f"{len(commonest)} words, {100 * total:.0f} % of the model's text, to {TARGET.name}")


if __name__ == "__main__":
    main()
