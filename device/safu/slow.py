"""The slow model of a bundle: integers, frozen, one opinion about what some words mean.

It knows the features of words (`mixed_code.py`) and the actions that it was trained on, nothing of devices that came
later; of a sentence that calls one by name it says nothing. Left out: training (`trainer/household.py`), how far to
believe it (`household.py`), runtimes other than numpy (`device/backends`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from device.errors import BundleError
from device.protocols import Backend
from device.safu.action_heads import ActionKey
from device.safu.bundle import Bundle
from device.safu.integer_reference import IntegerModel
from device.safu.mixed_code import MixedCode

LEAST = 1e-3
"""No action is less likely than this: a model of eight bits knows no smaller differences."""
_SEPARATOR = "\t"


def action_text(action: ActionKey) -> str:
    """How an action is called in a bundle.

    >>> action_of(action_text(("lamp", "set")))
    ('lamp', 'set')
    """
    return _SEPARATOR.join(action)


def action_of(text: str) -> ActionKey:
    """The inverse of `action_text`. Raises `ValueError` for a text that it never gives."""
    device, command = text.split(_SEPARATOR)
    return device, command


class SlowModel:
    """Raises `BundleError` for a bundle that is not one of a household."""

    def __init__(self, bundle: Bundle) -> None:
        header = bundle.header
        is_whole = header.actions and header.features and len(header.belief) in (0, 2)
        if not isinstance(bundle.model, IntegerModel) or not is_whole:
            raise BundleError("this bundle is not the model of a household", hint="safu-trainer watch makes those")
        if any(len(set(listed)) < len(listed) for listed in (header.actions, header.features, header.absorbed)):
            raise BundleError("this bundle names an action, a feature or a lesson twice")
        try:
            self.actions = tuple(action_of(text) for text in header.actions)
            self._code = MixedCode(header.features, header.architecture.document)
        except ValueError as error:
            raise BundleError(f"this bundle is not the model of a household: {error}") from error
        self.bundle = bundle
        self.header = header
        self._absorbed = frozenset(header.absorbed)
        self._oldest = min(header.absorbed, default=0)
        self._model = bundle.model
        self._backend: Backend = bundle.model
        self._names = frozenset(header.names)

    def __deepcopy__(self, memo: object) -> SlowModel:
        return self  # it never changes

    def run_by(self, make: Callable[[IntegerModel], Backend]) -> SlowModel:
        """The same, run by another backend. Raises `BackendError` for a model that `make` cannot represent."""
        other = copy(self)
        other._backend = make(self._model)
        return other

    def has_absorbed(self, lesson_id: int) -> bool:
        """Whether it knows a lesson by itself, or was trained on newer ones alone."""
        return lesson_id in self._absorbed or 0 < lesson_id < self._oldest

    def knows(self, words: Sequence[str], names: set[str]) -> bool:
        """Whether all of the words that are `names` of the house were so when it was trained."""
        return self._names.issuperset(word for word in words if word in names)

    def predict_one(self, words: Sequence[str], *, ended: bool = True) -> dict[ActionKey, float]:
        """Probabilities of the actions it knows, "nothing" included. `ended`: no more words are to come."""
        shares = self._backend.probabilities_of(*self._code.units_of(words, ended=ended)) / 2**15
        return dict(zip(self.actions, shares[0].tolist(), strict=True))

    def answer(self, words: Sequence[str]) -> ActionKey:
        """The likeliest action of a whole sentence."""
        shares = self.predict_one(words)
        return max(shares, key=lambda action: shares[action])
