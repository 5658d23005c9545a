"""What the house may be told, as an ARPA trigram model, with everyday words as the way out for other talk.

Absolute discounting with back-off (Ney, Essen, Kneser 1994, "On structuring probabilistic dependences", eq. 14-16)
over weighted sentences; then background words get a fixed share of the unigram mass. A small discount keeps the
decoder close to what is said in this house, the background keeps it from forcing other talk into commands.
Left out: Kneser-Ney's lower-order counts, which gain nothing on text that templates make.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

DISCOUNT = 0.1
BACKGROUND_MASS = 0.3
ORDER = 3

Ngram = tuple[str, ...]


def count_ngrams(sentences: Iterable[tuple[Ngram, int]]) -> list[Counter[Ngram]]:
    """Counts of 1-, 2- and 3-grams over (sentence, weight) pairs, sentence ends included; index 0 has the unigrams."""
    counts: list[Counter[Ngram]] = [Counter() for _ in range(ORDER)]
    for words, weight in sentences:
        padded = ("<s>", *words, "</s>")
        for order, counter in enumerate(counts, start=1):
            for start in range(len(padded) - order + 1):
                counter[padded[start : start + order]] += weight
    return counts


def arpa(
    counts: list[Counter[Ngram]],
    background: Mapping[str, float],
    pairs: Mapping[str, Mapping[str, float]] | None = None,
    *,
    background_mass: float = BACKGROUND_MASS,
    discount: float = DISCOUNT,
) -> str:
    """The model as text in ARPA format, from `count_ngrams`.

    `background` maps words to shares that sum to 1, `pairs` a word to probabilities of the next, in sum below 1.

    >>> print(arpa(count_ngrams([(("lights", "on"), 1)]), {"hello": 1.0}).splitlines()[1])
    ngram 1=5
    """
    unigrams = _unigrams(counts[0], background, background_mass)
    bigrams = _discounted(counts[1], discount)
    _mix_in(bigrams, pairs or {}, {(word,): background_mass * p / unigrams[(word,)] for word, p in background.items()})
    trigrams = _discounted(counts[2], discount)
    probabilities = [unigrams, bigrams, trigrams]
    return _as_text(probabilities, [_backoffs(bigrams, unigrams), _backoffs(trigrams, bigrams)])


def _unigrams(counts: Counter[Ngram], background: Mapping[str, float], mass: float) -> dict[Ngram, float]:
    """The house's unigrams mixed with the background's; `<s>` is only ever a context."""
    total = sum(count for gram, count in counts.items() if gram != ("<s>",))
    mass = mass if total else 1.0
    mixed: dict[Ngram, float] = {("<s>",): 1e-10, ("</s>",): 1e-3}
    for gram, count in counts.items():
        if gram != ("<s>",):
            mixed[gram] = (1 - mass) * count / total
    for word, share in background.items():
        mixed[(word,)] = mixed.get((word,), 0.0) + mass * share
    return mixed


def _discounted(counts: Counter[Ngram], discount: float) -> dict[Ngram, float]:
    """Probabilities of what was counted; each gram gives `discount` away."""
    totals: Counter[Ngram] = Counter()
    for gram, count in counts.items():
        totals[gram[:-1]] += count
    return {gram: (count - discount) / totals[gram[:-1]] for gram, count in counts.items()}


def _mix_in(
    bigrams: dict[Ngram, float], pairs: Mapping[str, Mapping[str, float]], shares: Mapping[Ngram, float]
) -> None:
    """After a word that is everyday talk with probability `shares[word]`, everyday talk goes on with that."""
    for gram in bigrams:
        bigrams[gram] *= 1 - shares.get(gram[:-1], 0.0)
    for before, following in pairs.items():
        share = shares.get((before,), 0.0)
        for word, probability in following.items():
            gram = (before, word)
            bigrams[gram] = bigrams.get(gram, 0.0) + share * probability


def _backoffs(grams: Mapping[Ngram, float], lower: Mapping[Ngram, float]) -> dict[Ngram, float]:
    """The weight of each context for what is not listed after it: what is left, over what lower orders give to it."""
    listed: defaultdict[Ngram, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for gram, probability in grams.items():
        sums = listed[gram[:-1]]
        sums[0] += probability
        sums[1] += lower.get(gram[1:], 0.0)
    return {context: max(1 - p, 1e-6) / max(1 - q, 1e-6) for context, (p, q) in listed.items()}


def _as_text(probabilities: list[dict[Ngram, float]], backoffs: list[dict[Ngram, float]]) -> str:
    lines = ["\\data\\", *(f"ngram {order}={len(grams)}" for order, grams in enumerate(probabilities, start=1))]
    for order, grams in enumerate(probabilities, start=1):
        lines += ["", f"\\{order}-grams:"]
        backoff = backoffs[order - 1] if order <= len(backoffs) else {}
        for gram, probability in sorted(grams.items()):
            tail = f"\t{math.log10(backoff[gram]):.4f}" if gram in backoff else ""
            lines.append(f"{math.log10(probability):.4f}\t{' '.join(gram)}{tail}")
    return "\n".join([*lines, "", "\\end\\", ""])
