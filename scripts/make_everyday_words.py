"""Write `device/everyday_words.tsv` and `device/everyday_pairs.tsv`: what everyday talk in English is made of.

Nothing of it is counted from texts of ours: the probabilities are those of the US-English language model in the
PocketSphinx wheel (BSD licence). The recogniser uses them as the way out for talk that is not for the house, the
model as its idea of what such talk looks like. Run again when the wheel's model changes.
"""

import argparse
import math
from pathlib import Path

from pocketsphinx import Decoder, get_model_path

FOLDER = Path(__file__).parent.parent / "device"
_LN_PER_UNIT = math.log(1.0001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=2000, help="how many words (%(default)s)")
    parser.add_argument("--pairs", type=int, default=15_000, help="how many pairs of neighbours (%(default)s)")
    options = parser.parse_args()
    decoder = Decoder(loglevel="FATAL")
    model = decoder.get_lm(decoder.current_search())

    def probability(*words: str) -> float:
        """Of the first word, after the second."""
        return math.exp(_LN_PER_UNIT * float(model.prob(list(words))))

    lines = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines()
    words = {w for w in (line.split()[0] for line in lines) if w.replace("'", "").isalpha()}
    shares = {w: probability(w) for w in words}
    floor = min(shares.values())
    commonest = sorted((w for w in shares if shares[w] > floor), key=lambda w: (-shares[w], w))[: options.words]
    total = sum(shares[w] for w in commonest)
    table = "".join(f"{w}\t{shares[w] / total:.3e}\n" for w in commonest)
    (FOLDER / "everyday_words.tsv").write_text(table, encoding="ascii")

    gains = []
    for before in commonest:
        for word in commonest:
            after = probability(word, before)
            if after > 2 * shares[word]:
                gains.append((shares[before] * after * math.log(after / shares[word]), before, word, after))
    kept = sorted(sorted(gains, reverse=True)[: options.pairs], key=lambda gain: gain[1:3])
    table = "".join(f"{before}\t{word}\t{after:.2e}\n" for _, before, word, after in kept)
    (FOLDER / "everyday_pairs.tsv").write_text(table, encoding="ascii")
    print(f"{len(commonest)} words, {100 * total:.0f} % of the model's text, and {len(kept)} pairs")


if __name__ == "__main__":
    main()
