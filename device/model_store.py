"""The models that a trainer delivered: verified at every start, one acts, the one before it stands by.

    models/000007.safu, 000007.sig      a bundle and the trainer's signature of its bytes
    models/state.json                   which one acts, which one it replaced, since which lesson, the newest ever seen

A model is installed when the state says so, and the state is replaced in one step: a power cut leaves the old one or
the new one. Versions only rise, also past models that were sent back. A model that is damaged, of another house or not
signed is never loaded; then the one before acts, or none. Left out: who is better (`trial.py`), how models travel
(`host.py`).
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from device.errors import BundleError, PairingError
from device.keys import KeyRing
from device.safu.bundle import unpack, write_whole
from device.safu.slow import SlowModel

log = logging.getLogger(__name__)

NONE = 0
"""The version of having no model."""
MAX_BUNDLE_BYTES = 4 * 1024 * 1024
_STATE = "state.json"


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
        self.state = self._read_state()
        self.acting = self._load_or_none(self.state.acting)
        if self.acting is None and self.state.acting:
            self._change(acting=self.state.before or NONE, before=None)
            self.acting = self._load_or_none(self.state.acting)

    @property
    def on_trial(self) -> bool:
        """Whether it is still to be seen if the acting model is better than the one before."""
        return self.state.before is not None

    def before(self) -> SlowModel | None:
        """The model that the acting one replaced, if it was one."""
        return self._load_or_none(self.state.before or NONE)

    def install(self, data: bytes, signature: bytes, last_lesson: int) -> None:
        """Put a delivered model to the test. Raises `BundleError` or `PairingError`, and then nothing has changed."""
        if len(data) > MAX_BUNDLE_BYTES:
            raise BundleError(f"the model is {len(data)} bytes long; {MAX_BUNDLE_BYTES} are allowed")
        model = self._verified(data, signature, "the delivered model")
        version = model.header.version
        if version <= self.state.newest:
            raise BundleError(f"the model is of version {version}; {self.state.newest} was here already")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(self._signature_path(version), signature)
            write_whole(self._path(version), data)
        except OSError as error:
            raise BundleError(f"the model cannot be kept: {error}") from error
        # Of two on trial neither has proved itself: the one before both stays the one to go back to.
        before = self.state.before if self.on_trial else self.state.acting
        self._change(acting=version, before=before, since=last_lesson, newest=version)
        self.acting = model

    def keep(self) -> None:
        """The acting model has proved itself. Raises `BundleError` if the disk does not take it."""
        self._change(acting=self.state.acting, before=None)

    def go_back(self) -> None:
        """The model before acts again. Raises `BundleError` if the disk does not take it."""
        self._change(acting=self.state.before or NONE, before=None)
        self.acting = self._load_or_none(self.state.acting)

    def drop(self) -> None:
        """Have no model any more. Raises `BundleError` if the disk does not take it."""
        self._change(acting=NONE, before=None)
        self.acting = None

    def _change(self, *, acting: int, before: int | None, since: int | None = None, newest: int | None = None) -> None:
        old = self.state
        state = State(acting, before, old.since if since is None else since, old.newest if newest is None else newest)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._folder / _STATE, json.dumps(asdict(state)).encode())
        self.state = state
        wanted = {file for version in (acting, before or NONE) for file in self._files(version)}
        for file in self._folder.glob("*"):
            if file not in wanted and file.name != _STATE:
                file.unlink(missing_ok=True)

    def _read_state(self) -> State:
        try:
            state = State(**json.loads((self._folder / _STATE).read_bytes()))
            numbers = (state.acting, state.before or 0, state.since, state.newest)
            if any(type(number) is not int or number < 0 for number in numbers):
                raise ValueError("a version is no number")
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, TypeError, RecursionError) as error:
            log.warning("the list of models in %s cannot be read: %s; going on without a model", self._folder, error)
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
        with suppress(OSError):  # for those who want to look at it
            self._path(version).replace(self._folder.parent / f"damaged-{version:06d}.safu")
        return None

    def _verified(self, data: bytes, signature: bytes, name: str) -> SlowModel:
        self._ring.check(data, signature)
        model = SlowModel(unpack(data, name))
        if model.header.house != self._ring.house:
            raise BundleError(f"{name} is the model of another house")
        if model.header.version <= NONE:
            raise BundleError(f"{name} has no version")
        return model

    def _files(self, version: int) -> list[Path]:
        return [self._path(version), self._signature_path(version)] if version else []

    def _path(self, version: int) -> Path:
        return self._folder / f"{version:06d}.safu"

    def _signature_path(self, version: int) -> Path:
        return self._folder / f"{version:06d}.sig"
