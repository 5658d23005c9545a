"""Frozen settings, and how they are read: TOML file < environment < command line.

The file is the first of `--settings FILE`, `$SAFU_SETTINGS`, `~/.config/safu/safu.toml`, `/etc/safu/safu.toml`.
A variable is `SAFU_<SECTION>_<KEY>`, for example `SAFU_BROKER_HOST`. A key nobody knows is an error that names
the key, where it stood and what was expected. Units are in the names. Nothing has to be set.
Left out: what the settings lead to (`assembly.py`).
"""

from __future__ import annotations

import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from device.errors import SettingsError


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """`[audio]`"""

    device: str = ""
    """ALSA card id or part of a device name, as `safu doctor` lists them; empty: the system's default."""
    voice_activity: typing.Literal["silero", "energy"] = "silero"


Engine = typing.Literal["pocketsphinx", "vosk", "acoustic", "phones"]
ENGINES = typing.get_args(Engine)


@dataclass(frozen=True, slots=True)
class TranscriberSettings:
    """`[transcriber]`"""

    engine: Engine = "pocketsphinx"
    """`acoustic`: no recogniser and no language, sounds are learned as they are; `phones`: a peer of that."""
    vosk_model: str = ""
    """Folder of a Vosk model; empty: the one that `safu model fetch` put in the storage folder."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """`[broker]`"""

    host: str = ""
    """Empty: localhost for `safu run`, an embedded broker for `safu demo`."""
    port: int = 0
    """0: 8883 with TLS, else 1883."""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    """Certificates that sign the broker's; empty: the system's."""
    discovery_prefix: str = "homeassistant"
    node: str = "safu"
    """Our own topics are `safu/<node>/...`; one name per microphone."""

    @property
    def address(self) -> tuple[str, int]:
        return self.host or "localhost", self.port or (8883 if self.tls else 1883)


@dataclass(frozen=True, slots=True)
class ChipSettings:
    """`[chip]`: for `safu bridge`, which needs one of the first two."""

    serial: str = ""
    """A serial port: `/dev/ttyACM0`."""
    socket: str = ""
    """`HOST:PORT` of a chip that runs in QEMU, or behind a serial server."""
    baud: int = 115_200
    """Of the serial port; one that is USB by nature does not care."""
    answer_ms: int = 1_000
    """A chip that has not answered by then does not answer; waiting for its flash is not part of it."""


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """`[decision]`: how sure is sure enough. Probabilities, 0 to 1."""

    early_probability: float = 0.97
    """To act while somebody is still speaking."""
    final_probability: float = 0.65
    """To act once the sentence is over; devices whose mistakes are dearer ask for more."""
    early: str = ""
    """Ids of devices, separated by spaces, that may act while somebody is still speaking, as lights do."""
    whole: str = ""
    """Of those that act only on a whole sentence, as covers do."""
    never: str = ""
    """Of those that never act on a voice alone, as locks do."""
    observe: bool = False
    """Say what would be done, do nothing."""


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """`[learning]`"""

    blank: bool = False
    """Start knowing nothing, not even the built-in phrasings."""
    labels: typing.Literal["hands", "everyone"] = "hands"
    """Whose switching teaches: people at the switch, or automations and apps as well."""
    keep_days: int = 0
    """Lessons older than this are erased; 0: kept for ever."""
    publish_words: bool = False
    """Show the words heard last on the broker, for everybody there to read."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """`[model]`: of the models that a trainer delivers."""

    backend: typing.Literal["numpy", "onnx", "litert"] = "numpy"
    """What runs them: onnx answers exactly as numpy does, litert a little coarser; both in less time, more memory."""


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """`[storage]`"""

    folder: str = ""
    """Where the journal lives; empty: `$STATE_DIRECTORY` under systemd, else the user's data folder."""

    @property
    def path(self) -> Path:
        return _folder(self.folder, "safu")


@dataclass(frozen=True, slots=True)
class TrainerSettings:
    """`[trainer]`: for `safu-trainer`, on the host."""

    folder: str = ""
    """Where keys and database live; empty: `$STATE_DIRECTORY` under systemd, else the user's data folder."""
    database: str = field(default="", repr=False)
    """`sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`; empty: SQLite in the folder."""
    wait_ms: int = 2_000
    """A round begins when no lesson has come for so long."""

    @property
    def path(self) -> Path:
        return _folder(self.folder, "safu-trainer")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.path / 'trainer.sqlite3'}"


def _folder(named: str, default: str) -> Path:
    if named:
        return Path(named).expanduser()
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(state) if state else Path(platformdirs.user_data_dir(default))


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them. `Settings()` is what a fresh machine runs with."""

    audio: AudioSettings = AudioSettings()
    transcriber: TranscriberSettings = TranscriberSettings()
    broker: BrokerSettings = BrokerSettings()
    chip: ChipSettings = ChipSettings()
    decision: DecisionSettings = DecisionSettings()
    learning: LearningSettings = LearningSettings()
    model: ModelSettings = ModelSettings()
    storage: StorageSettings = StorageSettings()
    trainer: TrainerSettings = TrainerSettings()
    devices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """`[devices.ID]`: devices that do not announce themselves, with the keys of a discovery message."""


def read_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings; `overrides` are the command line's, keyed `section.key`.

    Raises `SettingsError` naming key, source and what was expected.

    >>> read_settings(environment={"SAFU_BROKER_PORT": "1884"}).broker.port
    1884
    >>> read_settings(environment={"SAFU_BROKER_PROT": "1884"})
    Traceback (most recent call last):
    ...
    device.errors.SettingsError: unknown setting broker.prot in the environment variable SAFU_BROKER_PROT; \
expected one of: ca_file discovery_prefix host node password port tls user
    """
    environment = os.environ if environment is None else environment
    settings = Settings()
    path = file or _default_file(environment)
    if path is not None:
        settings = _with_file(settings, path)
    for variable, text in sorted(environment.items()):
        section, _, key = variable.removeprefix("SAFU_").lower().partition("_")
        if variable.startswith("SAFU_") and key and section in _SECTIONS:
            where = f"the environment variable {variable}"
            settings = _with(settings, section, key, text, where, is_text=True)
    return overridden(settings, overrides or {}, "the command line")


def overridden(settings: Settings, overrides: Mapping[str, object], where: str) -> Settings:
    """Other values for some settings, keyed `section.key`. Raises `SettingsError`, which says `where` they stood."""
    for name, value in overrides.items():
        section, _, key = name.partition(".")
        settings = _with(settings, section, key, value, where, is_text=False)
    return settings


def decisive(settings: Settings) -> dict[str, object]:
    """What decides what a device does on the same words, keyed `section.key`: who lives its past again needs it.

    >>> read_settings(environment={}, overrides=decisive(Settings())) == Settings()
    True
    """
    own = {f"decision.{each.name}": getattr(settings.decision, each.name) for each in fields(settings.decision)}
    return {**own, "learning.blank": settings.learning.blank}


def host_and_port(text: str, option: str = "--broker") -> tuple[str, int]:
    """An address of IPv6 has colons of its own: alone, or in brackets with a port behind.

    >>> host_and_port("hub.local:1884"), host_and_port("::1"), host_and_port("[::1]:1884")
    (('hub.local', 1884), ('::1', 0), ('::1', 1884))
    """
    if text.count(":") > 1 and not text.startswith("["):
        return text, 0
    host, bracket, port = text.removeprefix("[").rpartition("]") if text.startswith("[") else text.partition(":")
    number = port.removeprefix(":") if bracket == "]" else port
    if number and not (number.isascii() and number.isdecimal() and 0 < int(number[:6]) < 65536):
        raise SettingsError(f"the port in {option} {text} is {number!r}", hint="expected a number from 1 to 65535")
    return host, int(number or 0)


_SECTIONS = tuple(f.name for f in fields(Settings) if f.name != "devices")


def _default_file(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("SAFU_SETTINGS")
    if named:
        return Path(named)
    candidates = [Path(platformdirs.user_config_dir("safu")), Path("/etc/safu")]
    return next((c / "safu.toml" for c in candidates if (c / "safu.toml").is_file()), None)


def _with_file(settings: Settings, path: Path) -> Settings:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"cannot read settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {path} is not TOML: {error}") from error
    for section, content in table.items():
        if section == "devices" and isinstance(content, dict):
            settings = replace(settings, devices=_devices(content, path))
        elif section in _SECTIONS and isinstance(content, dict):
            for key, value in content.items():
                settings = _with(settings, section, key, value, str(path), is_text=False)
        else:
            expected = " ".join([*_SECTIONS, "devices"])
            raise SettingsError(f"unknown section [{section}] in {path}", hint=f"expected one of: {expected}")
    return settings


def _devices(table: Mapping[str, Any], path: Path) -> Mapping[str, Mapping[str, Any]]:
    for name, entry in table.items():
        if not isinstance(entry, dict):
            raise SettingsError(
                f"devices.{name} in {path} is {entry!r}",
                hint=f'expected a table: [devices.{name}] with at least kind = "light" and command_topic = "..."',
            )
    return table


def _with(settings: Settings, section: str, key: str, value: Any, where: str, *, is_text: bool) -> Settings:
    group = getattr(settings, section)
    wanted = typing.get_type_hints(type(group)).get(key)
    if wanted is None:
        expected = " ".join(sorted(f.name for f in fields(group)))
        raise SettingsError(f"unknown setting {section}.{key} in {where}", hint=f"expected one of: {expected}")
    converted = _from_text(value, wanted) if is_text else value
    if not _fits(key, converted, wanted):
        shown = "a secret" if key in ("password", "database") else repr(value)
        raise SettingsError(f"setting {section}.{key} in {where} is {shown}", hint=f"expected {_spoken(key, wanted)}")
    return replace(settings, **{section: replace(group, **{key: converted})})


def _from_text(text: str, wanted: Any) -> Any:
    if wanted is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if wanted in (int, float):
        try:
            return wanted(text)
        except ValueError:
            return text
    return text


def _fits(key: str, value: Any, wanted: Any) -> bool:
    if typing.get_origin(wanted) is typing.Literal:
        return value in typing.get_args(wanted)
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
    if key == "node":
        return isinstance(value, str) and value.isascii() and value.replace("_", "").replace("-", "").isalnum()
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, wanted)


def _spoken(key: str, wanted: Any) -> str:
    if key == "node":
        return "letters, digits, - and _, because it becomes part of topics"
    if typing.get_origin(wanted) is typing.Literal:
        return "one of: " + " ".join(typing.get_args(wanted))
    words: dict[type | types.UnionType, str] = {
        bool: "true or false",
        int: "a whole number, 0 or more",
        float: "a probability between 0 and 1",
        str: "a text in quotes",
    }
    return words[wanted]
