"""Peers that know what is meant before the end of a sentence, with scikit-learn.

Strengths were chosen on the folds of `nlu_home/dev.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from device.safu.contexts import Floats
from trainer.baselines.intent_text import MiniLmLogistic
from trainer.lessons import check_lessons
from trainer.prefixes import Heard, Words, beginnings


class PrefixLogistic:
    """TF-IDF of words, pairs and pieces of words; logistic regression, trained on every beginning."""

    def __init__(self, strength: float = 20.0) -> None:
        self._vectorizer = TfidfVectorizer(analyzer=_features, sublinear_tf=True, min_df=2)
        self._logistic = LogisticRegression(C=strength, max_iter=200)
        self.classes: Sequence[str] = ()

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        heard, repeated = every_beginning(sentences, labels)
        self._logistic.fit(self._vectorizer.fit_transform(heard), repeated)
        self.classes = [str(label) for label in self._logistic.classes_]

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
        return np.asarray(self._logistic.predict_proba(self._vectorizer.transform(heard)))


class WordsNaiveBayes:
    """Multinomial naive Bayes on words, trained on whole sentences: on beginnings it is never sure of nothing."""

    def __init__(self) -> None:
        self._vectorizer = CountVectorizer(analyzer=_words)
        self._bayes = MultinomialNB(alpha=0.1)
        self.classes: Sequence[str] = ()

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        check_lessons([" ".join(words) for words in sentences], labels)
        self._bayes.fit(self._vectorizer.fit_transform([Heard(words, ended=True) for words in sentences]), list(labels))
        self.classes = [str(label) for label in self._bayes.classes_]

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
        return np.asarray(self._bayes.predict_proba(self._vectorizer.transform(heard)))


class PrefixMiniLm:
    """Sentence embeddings of every beginning and logistic regression: a teacher. Raises `ImportError` without it."""

    def __init__(self, strength: float = 10.0) -> None:
        self._encoder = _encoder()
        self._logistic: Any = LogisticRegression(C=strength, max_iter=150)
        self.classes: Sequence[str] = ()

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        heard, repeated = every_beginning(sentences, labels)
        self._logistic.fit(self._encoder.embed([_as_text(begun) for begun in heard]), repeated)
        self.classes = [str(label) for label in self._logistic.classes_]

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
        return np.asarray(self._logistic.predict_proba(self._encoder.embed([_as_text(begun) for begun in heard])))


class MixedTeachers:
    """Several fitted models of the same classes, mixed."""

    def __init__(self, models: Sequence[PrefixLogistic | PrefixMiniLm], shares: Sequence[float]) -> None:
        self._models, self._shares = models, shares
        self.classes: Sequence[str] = ()

    def fit(self, sentences: Sequence[Words], labels: Sequence[str]) -> None:
        """Fit every one of them."""
        for model in self._models:
            model.fit(sentences, labels)
        self.classes = self._models[0].classes

    def probabilities(self, heard: Sequence[Heard]) -> Floats:
        """(N, classes)"""
        found = [share * model.probabilities(heard) for model, share in zip(self._models, self._shares, strict=True)]
        return np.asarray(np.sum(found, axis=0))


@cache
def _encoder() -> MiniLmLogistic:
    """One a process: beginnings are embedded once, whoever asks."""
    return MiniLmLogistic()


def every_beginning(sentences: Sequence[Words], labels: Sequence[str]) -> tuple[list[Heard], list[str]]:
    """Every beginning of every sentence, with the label of the whole."""
    check_lessons([" ".join(words) for words in sentences], labels)
    heard = [begun for words in sentences for begun in beginnings(words)]
    return heard, [label for words, label in zip(sentences, labels, strict=True) for _ in words]


def _features(heard: Heard) -> list[str]:
    return heard.features


def _words(heard: Heard) -> list[str]:
    return list(heard.words)


def _as_text(heard: Heard) -> str:
    """A full stop says that nothing more comes."""
    return " ".join(heard.words) + (" ." if heard.ended else "")
