"""The models that a trainer delivered: verified at every start, one acts, the one before it stands by.

    models/000007.safu, 000007.sig      a bundle and the trainer's signature of its bytes
    models/state.json                   which one acts, which one it replaced, since which lesson, the newest ever seen

A model is installed when the state says so, and the state is replaced in one step: a power cut leaves the old one or
the new one, and what it left behind goes at the next start. Versions only rise, also past models that were sent back.
A model that is damaged, of another house or not signed is never loaded; then the one before acts, or none, and the
damaged one is kept beside the folder for those who want to look at it. Left out: who is better (`trial.py`), how models
travel (`host.py`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from device.errors import BundleError, PairingError
from device.keys import KeyRing
from device.safu.bundle import unpack, write_whole
from device.safu.slow import SlowModel

log = logging.getLogger(__name__)

NONE = 0
"""The version of having no model."""
MAX_BUNDLE_BYTES = 1000 * 1024
"""As much as a letter carries, and twice as much as the largest model of ten thousand lessons."""
MOST_VERSIONS = 2**31
_STATE = "state.json"
_ASIDE = "damaged-{}.safu"


@dataclass(frozen=True, slots=True)
class State:
    """What `state.json` holds."""

    acting: int = NONE
    before: int | None = None
    """The version that returns if the acting one is no good; None when that is settled."""
    since: int = 0
    """The last lesson before the acting one was installed."""
    newest: int = NONE


class ModelStore:
    """Belongs to one process. Raises nothing at the start: a device without a model is a device."""

    def __init__(self, folder: Path, ring: KeyRing) -> None:
        self._folder = folder
        self._ring = ring
        self._is_readable = True
        self.state = self._read_state()
        self.acting = self._load_or_none(self.state.acting)
        while self.acting is None and self.state.acting:
            self._fall_back()
            self.acting = self._load_or_none(self.state.acting)
        if self._is_readable:
            self._sweep()

    @property
    def on_trial(self) -> bool:
        """Whether it is still to be seen if the acting model is better than the one before."""
        return self.state.before is not None

    def before(self) -> SlowModel | None:
        """The model that the acting one replaced, if it was one."""
        return self._load_or_none(self.state.before or NONE)

    def install(self, data: bytes, signature: bytes, last_lesson: int, lessons: Collection[int] | None = None) -> None:
        """Put a delivered model to the test. Raises `BundleError` or `PairingError`, and then nothing has changed.

        `lessons` are those that it may know: one that was made before a lesson was forgotten comes too late.
        """
        if len(data) > MAX_BUNDLE_BYTES:
            raise BundleError(f"the model is {len(data)} bytes long; {MAX_BUNDLE_BYTES} are allowed")
        model = self._verified(data, signature, "the delivered model")
        version = model.header.version
        if version <= self.state.newest:
            raise BundleError(f"the model is of version {version}; {self.state.newest} was here already")
        if lessons is not None and not set(model.header.absorbed).issubset(lessons):
            raise BundleError("the model knows lessons that are not here any more")
        # Of two on trial neither has proved itself: the one before both stays the one to go back to.
        before = self.state.before if self.on_trial else self.state.acting
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._signature_path(version), signature)
            write_whole(self._path(version), data)
            self._change(State(version, before, last_lesson, version))
        except (OSError, BundleError) as error:
            self._sweep()
            raise BundleError(f"the model cannot be kept: {error}") from error
        self.acting = model

    def keep(self) -> None:
        """The acting model has proved itself. Raises `BundleError` if the disk does not take it."""
        self._change(replace(self.state, before=None))

    def go_back(self) -> None:
        """The model before acts again. Raises `BundleError` if the disk does not take it."""
        before = self.before()
        self._change(replace(self.state, acting=before.header.version if before else NONE, before=None))
        self.acting = before

    def drop(self) -> None:
        """Have no model any more, nor any file of one: words that were forgotten may be in them.

        Raises `BundleError` if the disk does not take the new state; the files are gone all the same.
        """
        self.acting = None
        self.state = replace(self.state, acting=NONE, before=None)
        self._sweep()
        for file in self._folder.parent.glob(_ASIDE.format("*")):
            _remove(file)
        if self.state != State():
            self._change(self.state)

    def _fall_back(self) -> None:
        """The acting model is no more. Where nothing can be written, the next start finds that out again."""
        state = replace(self.state, acting=self.state.before or NONE, before=None)
        try:
            self._change(state)
        except BundleError as error:
            log.warning("%s", error)
            self.state = state

    def _change(self, state: State) -> None:
        """Raises `BundleError` if the disk does not take it; then nothing has changed."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BundleError(f"{self._folder} cannot be made: {error}") from error
        write_whole(self._folder / _STATE, json.dumps(asdict(state)).encode())
        self.state, self._is_readable = state, True
        self._sweep()

    def _sweep(self) -> None:
        """Leave nothing that the state does not name: what was replaced, and what a power cut left half done."""
        wanted = {file for version in (self.state.acting, self.state.before or NONE) for file in self._files(version)}
        for file in self._folder.glob("*"):
            if file not in wanted and file.name != _STATE:
                _remove(file)

    def _read_state(self) -> State:
        try:
            state = State(**json.loads((self._folder / _STATE).read_bytes()))
            numbers = (state.acting, state.before or 0, state.since, state.newest)
            if any(type(number) is not int or number < 0 for number in numbers) or max(numbers[:2]) > state.newest:
                raise ValueError("a version is no number, or was never here")
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("the list of models in %s cannot be read: %s; going on without a model", self._folder, error)
            self._is_readable = False
            versions = [int(file.stem) for file in self._folder.glob("*.safu") if file.stem.isdecimal()]
            return State(newest=max(versions, default=NONE))
        return state

    def _load_or_none(self, version: int) -> SlowModel | None:
        if version == NONE:
            return None
        try:
            data, signature = self._path(version).read_bytes(), self._signature_path(version).read_bytes()
            model = self._verified(data, signature, str(self._path(version)))
            if model.header.version == version:
                return model
            log.warning("%s is of version %d", self._path(version), model.header.version)
        except (OSError, BundleError, PairingError) as error:
            log.warning("model %d is not used: %s", version, error)
        with suppress(OSError):
            self._path(version).replace(self._folder.parent / _ASIDE.format(f"{version:06d}"))
        return None

    def _verified(self, data: bytes, signature: bytes, name: str) -> SlowModel:
        self._ring.check(data, signature)
        model = SlowModel(unpack(data, name))
        if model.header.house != self._ring.house:
            raise BundleError(f"{name} is the model of another house")
        if not NONE <= model.header.parent < model.header.version < MOST_VERSIONS:
            raise BundleError(f"{name} has no version, or an impossible one")
        return model

    def _files(self, version: int) -> list[Path]:
        return [self._path(version), self._signature_path(version)] if version else []

    def _path(self, version: int) -> Path:
        return self._folder / f"{version:06d}.safu"

    def _signature_path(self, version: int) -> Path:
        return self._folder / f"{version:06d}.sig"


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s cannot be removed: %s", file, error)
