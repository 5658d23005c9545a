"""Every core in the emulator: the integers' answers to the last bit, and no more instructions or memory than before.

What it takes is compared with `tests/golden/firmware.json`, which changes only by `make golden`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from device.safu.integer_counts import IntegerCounts, heard
from firmware_export.board_report import compiler_of, conversation, main, measure, table
from firmware_export.cores import CORES, RUNTIME, Core
from firmware_export.firmware import Commands, Lessons, Step
from firmware_export.fixed_models import command_lines, command_model, fixed_lessons, stream_model, stream_tokens
from tests.streams import integer_stream, windows_of

GOLDEN = Path(__file__).parents[1] / "golden" / "firmware.json"
STATUSES = re.findall(r"X\((SAFU_\w+)", (RUNTIME / "safu_status.h").read_text(encoding="utf-8"))
OUT_OF_RANGE = STATUSES.index("SAFU_OUT_OF_RANGE")
MAY_RISE = {"instructions": 1.01, "ram_bytes": 1.0, "stack_bytes": 1.0, "flash_bytes": 1.01}


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> Core:
    """Skips by name what is not installed."""
    found = CORES[request.param]
    if missing := found.missing():
        pytest.skip(f"{' and '.join(missing)} not installed")
    return found


def test_a_step_answers_as_the_integers_do(core: Core, tmp_path: Path) -> None:
    model, tokens = stream_model(), stream_tokens()
    step, expected = Step(core, model, tmp_path), model.logits(windows_of(tokens, model.block))
    assert (step.logits(tokens) == expected).all()
    assert step.best(tokens) == [str(best) for best in expected.argmax(axis=1)]
    assert step.best(np.array([1000, 2**31])) == [f"-{OUT_OF_RANGE}"] * 2


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_odd_sizes_as_well(core: Core, tmp_path: Path, activation: str) -> None:
    model = integer_stream(activation, tokens=37, dimensions=21, block=3, hidden=11)  # type: ignore[arg-type]
    tokens = np.random.default_rng(2).integers(0, 37, 20)
    assert (Step(core, model, tmp_path).logits(tokens) == model.logits(windows_of(tokens, 3))).all()


def test_commands_are_answered_as_the_integers_do(core: Core, tmp_path: Path) -> None:
    exported, lines = command_model(), [*command_lines(), "", "  ", "x" * 200, "Küche AN"]
    commands = Commands(core, exported, tmp_path)
    expected = [list(exported.answers(line)) for line in lines]
    assert (commands.logits(lines) == np.concatenate([np.stack(each) for each in expected])).all()
    actions = [exported.actions[int(each[-1].argmax())] for each in expected]
    assert [action for _, action in commands.best(lines)] == actions


def test_a_switch_teaches_as_the_integers_learn(core: Core, tmp_path: Path) -> None:
    chip, expected = IntegerCounts(rows=256, actions=16, phrases=32), []
    lessons = [*fixed_lessons(), (3, "it is dark"), (5, "it is dark")]
    for action, text in lessons:
        chip.learn_one(heard(text.encode()), action)
        expected.append(str(chip.best(heard(text.encode()))))
    chip.unlearn_one(heard(b"it is dark"), 5)
    expected += [str(chip.best(heard(b"it is dark"))), "SAFU_OUT_OF_RANGE", "SAFU_NEVER_LEARNED", "SAFU_NOTHING_HEARD"]
    taught = Lessons(core, tmp_path).taught([*lessons, (-5, "it is dark"), (16, "a"), (-3, "no"), (3, "")])
    assert taught == expected


def test_a_blank_chip_is_taught_by_its_switch(core: Core, tmp_path: Path) -> None:
    told = [line.split() for line in conversation(core, tmp_path).splitlines()]
    dark, melting = ([line[-4:] for line in told if word in line] for word in ("dark", "melting"))
    assert dark[0][0] == melting[0][0] == "none"
    assert (dark[1][0], dark[1][2:]) == ("act", ["lamp", "on"])
    assert (melting[1][0], melting[1][2:]) == ("act", ["fan", "on"])
    assert melting[2] == melting[1]  # the second lesson was taken back
    assert (tmp_path / f"chip_{core.name}.elf").exists()


def test_nothing_takes_more_than_it_did(core: Core) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    if compiler_of(core) not in golden:
        pytest.skip(f"what {compiler_of(core)} makes was never measured")
    for task, cost in measure(core).items():
        for name, rise in MAY_RISE.items():
            before = golden[compiler_of(core)][core.name][task][name]
            now = getattr(cost, name)
            assert now <= before * rise, f"{task}: {name} rose from {before} to {now}; on purpose? make golden"


def test_the_report_names_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["board_report", "--out", str(tmp_path / "out")])
    main()
    said = capsys.readouterr()
    assert "arm-none-eabi-gcc and qemu-system-arm not installed" in " ".join(said.err.split())
    assert "instructions" in said.out
    assert table({}).row_count == 0
