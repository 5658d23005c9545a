"""`safu-export` of streaming models: a really trained one becomes a program; what has no form is refused by name."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.safu.bundle import Bundle, Header, load, save
from device.safu.model import Safu
from device.safu.stream_image import StreamImage
from firmware_export.c_source import texts
from firmware_export.cli import main
from firmware_export.exported_stream import ExportedStream
from firmware_export.size_report import image_sizes
from tests.streams import integer_stream, streaming, windows_of
from tests.trainer.test_language import CORPUS, SENTENCES, WORDS, small
from trainer.language import start

TEXT = "turn on the lamp plumless turn off the lamp"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of floats: a second of training on a few sentences, with tanh."""
    settings = small(summed=True, recall=False, decay=1.0)
    model = start(CORPUS, len(WORDS), settings)
    model.train(1.0)
    architecture = model.network.architecture
    path = tmp_path_factory.mktemp("stream") / "words.safu"
    save(path, Bundle(Header(architecture, tuple(WORDS), tuple(WORDS)), Safu(architecture, model.network.weights())))
    return path


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "set.csv"
    path.write_text("text\n" + "".join(f"{sentence}\n" for sentence in [*SENTENCES, TEXT]), encoding="utf-8")
    return path


def saved(folder: Path, bundle: Bundle) -> Path:
    path = folder / "model.safu"
    save(path, bundle)
    return path


def random(**changes: object) -> Bundle:
    architecture, weights = streaming()
    changed = replace(architecture, **changes)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    arrays = {name: rng.random(shape).astype(np.float32) for name, shape in changed.shapes().items()}
    return Bundle(Header(changed), Safu(changed, type(weights)(**arrays)))


def test_a_trained_bundle_becomes_a_program(
    trained: Path, told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["c", str(trained), "--out", str(out), "--set", str(told)]) == 0
    said = capsys.readouterr().out
    for expected in ("next tokens", "floats", "integers", "accuracy", "vectors of the tokens", "a stream in memory"):
        assert expected in said
    sources = sorted((out / "c" / "src").glob("*.c"))
    command: list[str | Path] = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-I", out / "c" / "src"]
    subprocess.run([*command, out / "c" / "examples" / "host" / "main.c", *sources, "-o", tmp_path / "it"], check=True)
    spoken = subprocess.run([tmp_path / "it"], input=TEXT, capture_output=True, text=True, check=True).stdout
    exported = ExportedStream.of_bundle(load(trained))
    line = exported.heard(TEXT)
    assert len(line) == len(TEXT.split()), "what is no token is the unknown one"
    assert spoken.split() == [WORDS[logits.argmax()] for logits in exported.answers(line)]
    assert spoken.split()[0] in {"on", "off"}, "which is what comes after turn"


def test_accuracy_is_the_share_of_next_tokens_that_are_the_best_guess(trained: Path, told: Path) -> None:
    exported = ExportedStream.of_bundle(load(trained))
    labelled = exported.read_set(told)
    hits = {"integers": 0, "floats": 0}
    for each in labelled:
        (judged,) = exported.judged(each.line)
        assert judged.floats is not None
        assert each.right.tolist() == list(each.line[1:])
        hits["integers"] += int((judged.integers.argmax(axis=1) == each.right).sum())
        hits["floats"] += int((judged.floats.argmax(axis=1) == each.right).sum())
    count = sum(len(each.right) for each in labelled)
    assert hits["floats"] > count / 2
    assert abs(hits["integers"] - hits["floats"]) <= 0.1 * count


def test_integers_and_tokens_without_names_go_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    architecture, _ = streaming()
    path = saved(tmp_path, Bundle(Header(architecture, version=7), integer_stream()))
    assert main(["c", str(path), "--out", str(tmp_path)]) == 0
    assert "floats" not in capsys.readouterr().out
    image = StreamImage.unpack((tmp_path / "c" / "safu_model.bin").read_bytes())
    assert (image.version, image.pack()) == (7, StreamImage(integer_stream(), version=7).pack())
    exported = ExportedStream.of_bundle(load(path))
    assert exported.heard("3 29 30 lamp 0") == (3, 29, 0), "there is no unknown token"
    sizes = image_sizes(exported)
    assert sum(sizes.values()) == 2 * sizes["model in flash"] == 2 * len(image.pack())


def test_a_long_line_is_answered_in_parts_as_in_one() -> None:
    exported = ExportedStream(integer_stream(), *2 * (tuple(map(str, range(30))),))
    line = tuple(np.random.default_rng(3).integers(0, 30, 600).tolist())
    whole = exported.model.logits(windows_of(np.array(line), exported.model.block))
    assert np.array_equal(np.stack(list(exported.answers(line))), whole)
    assert sum(len(judged.integers) for judged in exported.judged(line)) == len(line) - 1


@pytest.mark.parametrize("form", ["onnx", "tflite"])
def test_other_forms_are_refused_and_say_why(
    form: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([form, str(trained), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert f"{form} cannot be made: a streaming model has a block context with a summed attended block" in said
    assert "keep no window of tokens" in said
    assert not (tmp_path / "out").exists()


def test_all_writes_what_there_is_and_says_what_is_not(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["all", str(trained), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "not possible: onnx cannot be made" in said
    assert "not possible: tflite cannot be made" in said
    assert said.splitlines()[-1] == f"written to {tmp_path}: c"
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"summed": False}, "a block that is concatenated has no integer form"),
        ({"radial": 2}, "a block with a radial context beside it"),
        ({"recall": True}, "a block with a recall context beside it"),
        ({"hidden": 0}, "hidden layer of size 0"),
    ],
)
def test_what_has_no_integers_is_refused_by_name(
    changes: dict[str, object], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["c", str(saved(tmp_path, random(**changes))), "--out", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_set_that_says_nothing_is_refused(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.csv"
    for content, complaint in (
        ("text\n", "has no rows"),
        ("said\nturn on\n", "has the columns said; needed is text or utterance"),
        ("text\nlamp\n", "has no text with two of the tokens of the model"),
    ):
        wrong.write_text(content, encoding="utf-8")
        assert main(["c", str(trained), "--out", str(tmp_path / "out"), "--set", str(wrong)]) == 2
        assert complaint in capsys.readouterr().err
    actions = replace(random(), header=replace(random().header, actions=tuple(f"action {n}" for n in range(30))))
    wrong.write_text("text\n1 2\n", encoding="utf-8")
    assert main(["c", str(saved(tmp_path, actions)), "--set", str(wrong)]) == 2
    assert "what it says are no tokens" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["attention", "hidden", "output"])
def test_a_single_weight_that_differs_is_noticed(
    part: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The array of another model, as a mistaken exporter would write it."""
    exported = ExportedStream.of_bundle(load(trained))
    layer = getattr(exported.model, part)
    weights = layer.weights.copy()
    weights[0, 0] = -127 if weights[0, 0] > 0 else 127
    other = StreamImage(replace(exported.model, **{part: replace(layer, weights=weights)}))
    monkeypatch.setattr(ExportedStream, "image", lambda _: other)
    assert main(["c", str(trained), "--out", str(tmp_path / "out")]) == 1
    assert "should answer as the integers do, but does not" in capsys.readouterr().err


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=1, max_size=20))
def test_texts_in_c_are_those_texts(words: list[str]) -> None:
    written = texts({"safu_tokens": words})
    assert written.isascii()
    found = [line.strip()[1:-2] for line in written.splitlines() if line.startswith("    ")]
    assert [word.encode().decode("unicode_escape").encode("latin-1").decode() for word in found] == words
