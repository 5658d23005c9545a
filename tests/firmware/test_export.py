"""`safu-export`: what it writes compiles and answers, and what it cannot represent it refuses by name."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.safu.bundle import Bundle, Header, load, save
from device.safu.model import Architecture, Safu, Weights
from firmware_export.cli import main
from firmware_export.exported import Exported
from tests.images import FEATURES, image, integers

ACTIONS = ("lamp\ton", "lamp\toff", "nothing")
TEXTS = ("turn on the lamp", "lamp off", "Nothing of that", "on ON lamp")


def floats(**changes: object) -> Bundle:
    rng = np.random.default_rng(2)
    architecture = replace(Architecture(0, 0, 3, document=30, hidden=5), **changes)  # type: ignore[arg-type]
    shapes = architecture.shapes().items()
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes}
    return Bundle(Header(architecture, actions=ACTIONS, features=FEATURES), Safu(architecture, Weights(**weights)))


def saved(bundle: Bundle, folder: Path) -> Path:
    path = folder / "model.safu"
    save(path, bundle)
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "set.csv"
    path.write_text("text,action\n" + "".join(f"{text},{ACTIONS[0]}\n" for text in TEXTS), encoding="utf-8")
    return path


def test_a_bundle_of_floats_becomes_a_program(
    tmp_path: Path, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = saved(floats(), tmp_path), tmp_path / "out"
    assert main(["c", str(path), "--out", str(out), "--set", str(labelled)]) == 0
    said = capsys.readouterr().out
    for expected in ("floats", "integers", "accuracy", "model in flash", "a sentence in memory"):
        assert expected in said
    program = tmp_path / "commands"
    sources = sorted((out / "c" / "src").glob("*.c"))
    command: list[str | Path] = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-I", out / "c" / "src"]
    subprocess.run([*command, out / "c" / "examples" / "host" / "main.c", *sources, "-o", program], check=True)
    spoken = subprocess.run([program], input="\n".join(TEXTS), capture_output=True, text=True, check=True).stdout
    logits = Exported.of_bundle(load(path)).logits(TEXTS)
    assert [line.rsplit(" ", 1)[0] for line in spoken.splitlines()] == [ACTIONS[best] for best in logits.argmax(axis=1)]
    assert main(["c", str(path), "--out", str(out)]) == 0, "a second time, over the first"


def test_a_bundle_of_integers_goes_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = integers(4, 3, 30)
    bundle = Bundle(replace(floats().header, architecture=Architecture(0, 0, 3, document=30, hidden=4)), model)
    path = saved(bundle, tmp_path)
    assert Exported.of_bundle(load(path)).model.inputs.tolist() == model.inputs.tolist()
    assert main(["c", str(path), "--out", str(tmp_path)]) == 0
    assert "floats" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bundle", "complaint"),
    [
        (floats(block=2, vocabulary=4, dimensions=3), "it has a block context of the last words"),
        (floats(radial=2, vocabulary=4, dimensions=3), "it has a radial context"),
        (floats(recall=True, outputs=3), "it has recall of what was said before"),
        (floats(decay=0.5), "it has a document that fades"),
        (floats(activation="softmax"), "it has a softmax in its hidden layer"),
        (floats(hidden=0), "it has no hidden layer"),
        (replace(floats(), header=replace(floats().header, features=())), "does not say what its features are"),
        (replace(floats(), header=replace(floats().header, actions=())), "does not say what its actions are"),
        (replace(floats(), header=replace(floats().header, features=("plumless", "buckeroo"))), "told apart by their"),
    ],
)
def test_what_has_no_integers_is_refused_by_name(
    bundle: Bundle, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["c", str(saved(bundle, tmp_path)), "--out", str(out)]) == 2
    assert complaint in capsys.readouterr().err
    assert not out.exists()


def test_trouble_is_said_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, wrong = saved(floats(), tmp_path), tmp_path / "wrong.csv"
    for content, complaint in (
        ("", "has no rows"),
        ("a,b\n1,2\n", "needed is text or utterance"),
        ("text,action\nlamp,fly\n", "none of the actions of the model; its first label is 'fly'"),
        ("text,action\n\udcff,fly\n", "cannot be read"),
    ):
        wrong.write_text(content, encoding="utf-8", errors="surrogateescape")
        assert main(["c", str(path), "--out", str(tmp_path / "out"), "--set", str(wrong)]) == 2
        assert complaint in capsys.readouterr().err
    assert main(["c", str(tmp_path / "none.safu")]) == 1
    assert "none.safu" in capsys.readouterr().err
    (tmp_path / "out" / "c").mkdir(parents=True)
    assert main(["c", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "is no export of ours" in capsys.readouterr().err


def test_all_forms_but_those_that_the_model_cannot_have(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ai_edge_litert")
    pytest.importorskip("onnxruntime")
    path, out = saved(floats(activation="relu"), tmp_path), tmp_path / "out"
    assert main(["all", str(path), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "not possible: tflite cannot be made: its activation relu has no form in eight bits" in said
    assert said.splitlines()[-1] == f"written to {out}: c, onnx"
    assert sorted(each.name for each in out.iterdir()) == ["c", "onnx"]
    assert main(["tflite", str(path), "--out", str(out)]) == 2
    assert "tflite cannot be made" in capsys.readouterr().err


def test_an_export_that_answers_otherwise_is_not_called_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The array of another model, as a mistaken exporter would write it."""
    other = image(5, 3, 30, seed=9)
    monkeypatch.setattr(Exported, "image", lambda _: other)
    assert main(["c", str(saved(floats(), tmp_path)), "--out", str(tmp_path / "out")]) == 1
    assert "should answer as the integers do, but does not" in capsys.readouterr().err
