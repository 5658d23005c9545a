"""Every error safu raises on purpose, in one tree.

    SafuError                     the root: `message` says what happened and where, `hint` what to type next
    ├── SettingsError             a settings file, variable or option is wrong (exit code 2)
    ├── AudioError
    │   ├── MicrophoneError       no microphone, a busy card, a wrong rate, an unplug
    │   └── RecordingError        a sound file that cannot be read; names the file
    ├── TranscriberError          a recogniser or its model cannot be used
    │   └── UnfitSoundError       what was heard can be no command: talk, an overloaded microphone; counted
    ├── HomeError
    │   ├── BrokerError           the broker refuses us or cannot be reached; says which
    │   ├── DiscoveryError        a discovery message or `[devices]` entry that makes no device
    │   └── UnknownDeviceError    nobody announced a device of that name, or it cannot do that
    ├── JournalError              the journal cannot be read or written
    ├── BundleError               a model file that is damaged, of another version, or not what it says
    ├── ExportError               a model, a compiler or a library of which no export can be made or checked (code 2)
    │   └── NoFormError           no such model can have this form; others it has
    ├── BackendError              a runtime is not installed, or cannot run this model
    ├── ChipError                 a microcontroller is away, does not answer, or talks rubbish
    │   └── ChipRefusalError      it says no, by the name of a status
    ├── PairingError              device and trainer do not know each other, or a message is not from who it should be
    ├── TrainerError              the trainer cannot go on: a lease held by another, nothing to learn from
    │   └── StoreError            its database cannot be reached, read or written; it is tried again
    └── UtteranceError            one utterance went wrong; recorded, and the loop goes on

Left out: programming mistakes stay Python's own exceptions and end the process.
"""


class SafuError(Exception):
    """What happened, and what to type next.

    >>> print(SafuError("no microphone", hint="plug one in, then run: safu doctor"))
    no microphone; plug one in, then run: safu doctor
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class SettingsError(SafuError):
    """A settings file, variable or option is wrong."""


class AudioError(SafuError):
    """Sound could not be had."""


class MicrophoneError(AudioError):
    """No microphone, a busy card, a wrong rate or an unplug."""


class RecordingError(AudioError):
    """A sound file that cannot be read."""


class TranscriberError(SafuError):
    """A recogniser or its model cannot be used."""


class UnfitSoundError(TranscriberError):
    """What was heard can be no command; it is counted as a `kind` of `device/troubles.py`."""

    def __init__(self, message: str, *, kind: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class HomeError(SafuError):
    """Something between us and the devices."""


class BrokerError(HomeError):
    """The broker refuses us or cannot be reached."""


class DiscoveryError(HomeError):
    """A discovery message or `[devices]` entry that makes no device."""


class UnknownDeviceError(HomeError):
    """No device of that name, or none that can do what was asked."""


class JournalError(SafuError):
    """The journal cannot be read or written."""


class BundleError(SafuError):
    """A model file that cannot be used or written."""


class ExportError(SafuError):
    """No export can be made of this model, or it cannot be checked here."""


class NoFormError(ExportError):
    """No model of this kind can have this form."""


class ChipError(SafuError):
    """A microcontroller is away, does not answer, or talks rubbish."""


class ChipRefusalError(ChipError):
    """It says no; the message begins with the name of its status."""


class BackendError(SafuError):
    """A runtime is not installed, or cannot run this model."""


class PairingError(SafuError):
    """Device and trainer do not know each other, or a message is not from who it should be."""


class TrainerError(SafuError):
    """The trainer cannot go on."""


class StoreError(TrainerError):
    """The trainer's database cannot be reached, read or written."""


class UtteranceError(SafuError):
    """One utterance went wrong; the loop goes on."""
