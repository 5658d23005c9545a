"""The C runtime on this machine: compiled by its C compiler into a library, and called from Python.

It is how an export is compared with the integer reference (`parity.py`) without a board. Left out: boards.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, Structure, c_bool, c_char_p, c_int, c_size_t, c_uint16, c_uint32, c_void_p
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from device.errors import ExportError
from device.safu.integer_reference import MAX_WORDS

RUNTIME = Path(__file__).parent / "runtime"
FLAGS = ("-std=c99", "-O2", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-pedantic")


class Word(Structure):
    """`safu_word`; whoever makes one keeps its bytes."""

    _fields_ = (("bytes", c_void_p), ("size", c_size_t))

    @classmethod
    def of(cls, data: bytes) -> Word:
        """All of some bytes."""
        return cls(ctypes.cast(c_char_p(data), c_void_p), len(data))


class _Intents(Structure):
    """`safu_intents`"""

    _fields_ = (
        *((name, c_uint32) for name in ("activation", "rows", "exact", "hidden", "actions", "version")),
        *((f"part{number}", c_void_p) for number in range(8)),
    )


class _Sentence(Structure):
    """`safu_sentence`"""

    _fields_ = (
        *((name, c_void_p) for name in ("model", "sums", "lanes")),
        ("before", c_uint32),
        *((name, c_uint16) for name in ("words", "features", "in_lanes")),
    )


class _Choice(Structure):
    """`safu_choice`"""

    _fields_ = (("action", c_uint32), ("share", c_uint32))


@contextmanager
def library(compiler: str = "cc", flags: Iterable[str] = (), runtime: Path = RUNTIME) -> Iterator[ctypes.CDLL]:
    """The runtime, compiled. Raises `ExportError` if there is no such compiler, or if it complains."""
    if shutil.which(compiler) is None:
        raise ExportError(f"there is no C compiler {compiler} here", hint="install one, such as: apt install gcc")
    with TemporaryDirectory(prefix="safu_runtime_") as folder:
        made = Path(folder) / "libsafu.so"
        sources = [str(path) for path in sorted(runtime.glob("*.c"))]
        command = [compiler, *FLAGS, *flags, "-shared", "-fPIC", *sources, "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ExportError(f"{compiler} does not compile the runtime: {done.stderr.strip()}")
        yield _typed(ctypes.CDLL(str(made)))


def _typed(made: ctypes.CDLL) -> ctypes.CDLL:
    made.safu_status_name.restype = c_char_p
    made.safu_sentence_bytes.restype = c_size_t
    made.safu_sentence_bytes.argtypes = [POINTER(_Intents)]
    made.safu_sentence_begin.argtypes = [POINTER(_Sentence), POINTER(_Intents), c_void_p, c_size_t]
    made.safu_hear.argtypes = [POINTER(_Sentence), Word]
    made.safu_hear.restype = None
    made.safu_answer.argtypes = [POINTER(_Sentence), c_bool, c_void_p]
    made.safu_answer.restype = None
    made.safu_best.argtypes = [c_void_p, c_uint32]
    made.safu_best.restype = _Choice
    made.safu_intents_open.argtypes = [POINTER(_Intents), c_void_p, c_size_t]
    made.safu_action.argtypes = [POINTER(_Intents), c_uint32, POINTER(c_char_p)]
    made.safu_next_word.argtypes = [POINTER(Word), POINTER(Word)]
    made.safu_next_word.restype = c_bool
    return made


class HostIntents:
    """A model of intents as a chip runs it. Raises `ExportError`, naming the status, if the image is refused."""

    def __init__(self, made: ctypes.CDLL, image: bytes) -> None:
        self._library = made
        self._image = (c_uint32 * (len(image) // 4 + 1))()
        ctypes.memmove(self._image, image, len(image))
        self._model = _Intents()
        self._check(made.safu_intents_open(self._model, self._image, len(image)))
        self._memory = (c_uint32 * (made.safu_sentence_bytes(self._model) // 4))()
        self._sentence = _Sentence()
        self._logits = np.zeros(self._model.actions, np.int32)
        self.begin()

    def begin(self) -> None:
        """Forget what was heard."""
        size = ctypes.sizeof(self._memory)
        self._check(self._library.safu_sentence_begin(self._sentence, self._model, self._memory, size))

    def hear(self, word: bytes) -> None:
        """One more word."""
        self._library.safu_hear(self._sentence, Word.of(word))

    def logits(self, *, ended: bool) -> npt.NDArray[np.int32]:
        """(C,), of what was heard so far."""
        self._library.safu_answer(self._sentence, ended, self._logits.ctypes.data)
        return self._logits.copy()

    def best(self) -> tuple[str, int]:
        """The action of the newest logits, and its share of 2^15."""
        choice = self._library.safu_best(self._logits.ctypes.data, len(self._logits))
        return self.action(choice.action), choice.share

    def action(self, number: int) -> str:
        """What an action is called."""
        name = c_char_p()
        self._check(self._library.safu_action(self._model, number, name))
        return (name.value or b"").decode()

    def answers(self, line: str | bytes) -> Iterator[npt.NDArray[np.int32]]:
        """Logits after every word of a line that counts, and after its end."""
        data = line.encode() if isinstance(line, str) else line
        left, word = Word.of(data), Word()
        self.begin()
        while self._sentence.words < MAX_WORDS and self._library.safu_next_word(left, word):
            self._library.safu_hear(self._sentence, word)
            yield self.logits(ended=False)
        yield self.logits(ended=True)

    def _check(self, status: int) -> None:
        if status:
            name = self._library.safu_status_name(c_int(status)).decode()
            raise ExportError(f"the chip refuses the model: {name}")
