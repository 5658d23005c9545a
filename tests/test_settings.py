"""Settings: wrong ones name the key, the source and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import SettingsError
from device.settings import read_settings


def read(text: str, folder: Path) -> str:
    path = folder / "safu.toml"
    path.write_text(text)
    try:
        read_settings(path, environment={})
    except SettingsError as error:
        return str(error)
    return "fine"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[broker]\nprot = 1", ["broker.prot", "safu.toml", "port"]),
        ("[brokr]\nport = 1", ["[brokr]", "safu.toml", "broker"]),
        ('[broker]\nport = "x"', ["broker.port", "'x'", "whole number"]),
        ("[broker]\nport = -1", ["broker.port", "whole number"]),
        ("[broker]\npassword = 5", ["broker.password", "a secret", "text"]),
        ("[decision]\nearly_probability = 1.5", ["decision.early_probability", "between 0 and 1"]),
        ('[audio]\nvoice_activity = "ears"', ["audio.voice_activity", "silero energy"]),
        ("[decision]\nobserve = 1", ["decision.observe", "true or false"]),
        ("[devices]\nlamp = 3", ["devices.lamp", "table"]),
        ("broker", ["not TOML", "safu.toml"]),
    ],
)
def test_what_is_wrong_is_said(text: str, told: list[str], tmp_path: Path) -> None:
    message = read(text, tmp_path)
    assert all(part in message for part in told), message


def test_command_line_beats_environment_beats_file(tmp_path: Path) -> None:
    path = tmp_path / "safu.toml"
    path.write_text('[broker]\nhost = "file"\nuser = "file"\nnode = "file"\n')
    environment = {"SAFU_BROKER_HOST": "environment", "SAFU_BROKER_USER": "environment", "SAFU_SETTINGS": str(path)}
    broker = read_settings(environment=environment, overrides={"broker.host": "option"}).broker
    assert (broker.host, broker.user, broker.node) == ("option", "environment", "file")


def test_a_missing_file_is_an_error_but_none_at_all_is_fine(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read settings file"):
        read_settings(tmp_path / "none.toml", environment={})
    assert read_settings(environment={}).broker.address == ("localhost", 1883)


def test_the_password_is_never_shown() -> None:
    settings = read_settings(environment={"SAFU_BROKER_PASSWORD": "hush"})
    assert settings.broker.password == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("text", ["password = 12345", 'passwort = "hush-hush"', 'password = ["hush-hush"]'])
def test_the_password_is_in_no_error(text: str, tmp_path: Path) -> None:
    message = read(f"[broker]\n{text}", tmp_path)
    assert message != "fine"
    assert "hush" not in message
    assert "12345" not in message


def test_an_environment_variable_that_is_wrong_is_named() -> None:
    with pytest.raises(SettingsError, match="environment variable SAFU_BROKER_PORT is 'many'; expected a whole number"):
        read_settings(environment={"SAFU_BROKER_PORT": "many"})
    with pytest.raises(SettingsError, match=r"decision\.observe .*SAFU_DECISION_OBSERVE is 'perhaps'"):
        read_settings(environment={"SAFU_DECISION_OBSERVE": "perhaps"})
    with pytest.raises(SettingsError, match=r"broker\.prot in the environment variable SAFU_BROKER_PROT; .*port"):
        read_settings(environment={"SAFU_BROKER_PROT": "1"})


def test_an_option_that_is_wrong_is_named() -> None:
    with pytest.raises(SettingsError, match=r"broker\.port in the command line is 'x'; expected a whole number"):
        read_settings(environment={}, overrides={"broker.port": "x"})


def test_texts_of_the_environment_become_what_is_wanted() -> None:
    settings = read_settings(
        environment={
            "SAFU_BROKER_TLS": "yes",
            "SAFU_DECISION_EARLY_PROBABILITY": "0.9",
            "SAFU_LEARNING_KEEP_DAYS": "30",
            "SAFU_AUDIO_DEVICE": "7",
            "SAFU": "x",
            "SAFUX_BROKER_HOST": "x",
        }
    )
    assert settings.broker.address == ("localhost", 8883)
    assert (settings.decision.early_probability, settings.learning.keep_days) == (0.9, 30)
    assert settings.audio.device == "7"


def test_a_file_that_is_no_text_is_not_toml(tmp_path: Path) -> None:
    path = tmp_path / "safu.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not TOML"):
        read_settings(path, environment={})
    with pytest.raises(SettingsError, match="cannot read settings file"):
        read_settings(tmp_path, environment={})
