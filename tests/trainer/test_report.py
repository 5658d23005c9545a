"""The report: whatever is in the store, it is one well-formed page, and nothing of the house gets out of its text."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.progress import Progress

from device.errors import TrainerError
from device.keys import new_ring
from device.messages import NOTHING, Action, Device, Lesson
from device.settings import LearningSettings, Settings, TrainerSettings
from trainer import report_life
from trainer.cli import main
from trainer.household_store import open_store
from trainer.report import report
from trainer.report_life import live
from trainer.report_models import forgotten, twins
from trainer.rounds import run_round
from trainer.store import Store, Taught

NODE = "safu"
BEGAN_S, DAY_S = 1_780_000_000.0, 86_400.0
NOW_S = BEGAN_S + 400 * DAY_S
HOSTILE = "</script><img src=x onerror=alert(1)>"
RTL = "\u202eevil\u202d \u2067\u05d8"
DEVICES = [
    Device("kitchen", "kitchen light", "light", frozenset({"on", "off"})),
    Device("bedside", "bedside dimmer", "light", frozenset({"on", "off", "set"})),
    Device("hostile", f"{HOSTILE}{RTL}", "light", frozenset({"on", "off"})),
]
WAYS = [
    ("movie night is over", Action("kitchen", "on")),
    ("movie night", Action("kitchen", "off")),
    ("time to read", Action("bedside", "on")),
    ("let there be light", Action("kitchen", "on")),
    ("it is much too bright", Action("kitchen", "off")),
    ("where is my book", Action("bedside", "on")),
    ("time to sleep", Action("bedside", "off")),
    (f"open {HOSTILE} now", Action("hostile", "on")),
    ("the book is boring", Action("bedside", "off")),
    ("read my book tomorrow", NOTHING),
]
SECTIONS = {
    *("accuracy", "learning", "calibration", "confusion", "forgotten"),
    *("false", "models", "useful", "contradictions"),
}
VOID = {"meta", "br", "img", "link", "input"}


@dataclass
class Page(HTMLParser):
    """What a parser sees; wrong nesting is an error."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute of {tag} came twice"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def lessons_of(ways: Iterable[tuple[str, Action]], first: int = 1) -> list[Taught]:
    return [
        Taught(Lesson(tuple(text.split()), action, 16, "flip", number, number), BEGAN_S + number * DAY_S / 3)
        for number, (text, action) in enumerate(ways, first)
    ]


def settings_of(folder: Path) -> Settings:
    return Settings(learning=LearningSettings(blank=True), trainer=TrainerSettings(folder=str(folder)))


def written(folder: Path, taught: list[Taught], devices: list[Device] = DEVICES) -> Page:
    """The page of a store that holds these lessons only."""
    store = open_store(settings_of(folder))
    try:
        store.put_devices(NODE, devices)
        store.put_lessons(NODE, taught)
        return checked(report(store, NODE, settings_of(folder), NOW_S, Progress(disable=True)))
    finally:
        store.close()


def checked(text: str) -> Page:
    """Every page must be like this."""
    page = Page(text)
    assert {each["id"] for each in page.all("section")} == SECTIONS
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(each.get("role") == "img" and len(each["aria-label"]) > 20 for each in page.all("svg"))
    assert all(each.get("alt") for each in page.all("img"))
    assert not page.all("script")
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        assert "style" not in attributes, "the policy would refuse it"
        for name in ("href", "src", "xlink:href"):
            assert attributes.get(name, "#").startswith("#"), tag
            assert attributes.get(name, "#") == "#" or attributes[name][1:] in ids
        for name, value in attributes.items():
            assert "url(" not in value or re.fullmatch(r"url\(#([\w-]+)\)", value), (tag, name)
            assert "://" not in value or name.startswith("xmlns"), (tag, name)
    assert HOSTILE not in text
    assert not set("\x00\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200f") & set(text)
    assert "://" not in "".join(page.texts)
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    return page


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Store]]:
    """Two rounds, the first model of which is installed, and words that changed their meaning in between."""
    folder = tmp_path_factory.mktemp("report")
    settings, ring = settings_of(folder), replace(new_ring(), house="h")
    store = open_store(settings)
    store.put_devices(NODE, DEVICES)
    store.put_lessons(NODE, lessons_of(WAYS * 4))
    assert run_round(store, NODE, ring, settings).accepted
    changed = [(text, action) for text, action in WAYS if text != "time to read"]
    store.put_lessons(NODE, lessons_of([("time to read", Action("kitchen", "off")), *changed * 2], 101))
    assert run_round(store, NODE, ring, settings).accepted
    store.set_outcome(NODE, 1, "kept")
    store.set_outcome(NODE, 2, "installed")
    yield folder, store
    store.close()


def page_of(home: tuple[Path, Store]) -> str:
    return report(home[1], NODE, settings_of(home[0]), NOW_S, Progress(disable=True))


def test_a_home_with_models(home: tuple[Path, Store]) -> None:
    page = checked(page_of(home))
    text = " ".join(page.texts)
    assert len(page.all("svg")) >= 3
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in page_of(home)
    assert "2026-" in text, "weeks have dates"
    assert "kept" in text
    assert "installed" in text
    assert text.count("passed: ") == 2
    contradictions = text[text.index("Lessons that contradict", text.index("Most useful lessons", 3000)) :]
    assert re.search(r"time to read\s+kitchen light off\s+[\d-]+\s+yes", contradictions)
    assert re.search(r"time to read\s+bedside dimmer on\s+[\d-]+\s+no", contradictions)


def test_what_an_earlier_model_knew_and_the_newest_does_not_is_forgotten(home: tuple[Path, Store]) -> None:
    folder, store = home
    life = live(store.lessons(NODE), store.devices(NODE), settings_of(folder), NOW_S, Progress(disable=True))
    old, new = twins(store, NODE, store.models(NODE))
    lost = forgotten(life, [new, old])  # as if the one that knows less were the newer one
    assert ("time to read", new.version) in [(" ".join(lesson.words), version) for lesson, version in lost]
    assert len({lesson.words for lesson, _ in lost}) == len(lost)
    assert "time to read" not in [" ".join(lesson.words) for lesson, _ in forgotten(life, [old, new])]


def test_the_same_store_makes_the_same_page(home: tuple[Path, Store]) -> None:
    first, second = (re.sub(r'<td class="number">[\d.]+</td>', "", page_of(home)) for _ in range(2))
    assert first == second


def test_the_command_writes_a_file_for_its_owner_only(
    home: tuple[Path, Store], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "home.html"
    out.touch(mode=0o644)
    assert main(["report", "--folder", str(home[0]), "--out", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["home.html"]
    checked(out.read_text())
    assert str(out) in capsys.readouterr().out
    assert main(["report", "--folder", str(home[0]), "--out", str(tmp_path)]) == 1
    assert main(["report", "--folder", str(home[0]), "--out", str(tmp_path / "no" / "home.html")]) == 1
    assert main(["report", "--folder", str(home[0]), "--node", "other", "--out", str(out)]) == 1


def test_models_that_were_erased(home: tuple[Path, Store], tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(home[0], folder)
    store = open_store(settings_of(folder))
    store.erase_models(NODE, [1])
    page = checked(report(store, NODE, settings_of(folder), NOW_S, Progress(disable=True)))
    store.close()
    text = " ".join(page.texts)
    assert "erased" in text
    assert "This needs two models" in text


def test_no_lessons_is_said_and_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TrainerError, match="there are no lessons yet") as caught:
        written(tmp_path, [])
    assert caught.value.hint
    tentative = Taught(Lesson(("a",), Action("kitchen", "on"), 0, "tentative", 1, 1), BEGAN_S)
    with pytest.raises(TrainerError, match="safu: there are no lessons yet"):
        written(tmp_path, [tentative])
    assert main(["report", "--folder", str(tmp_path), "--out", str(tmp_path / "x.html")]) == 1
    assert "no lessons" in capsys.readouterr().err
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize("count", [1, 7, 60])
def test_lessons_without_models(tmp_path: Path, count: int) -> None:
    page = written(tmp_path, lessons_of((WAYS * 6)[:count]))
    assert "No model has been made yet." in page.texts


def test_one_action_only(tmp_path: Path) -> None:
    page = written(tmp_path, lessons_of([("movie night", Action("kitchen", "off"))] * 30))
    assert "No words were taught two meanings." in page.texts


def test_devices_that_are_gone_or_share_a_name(tmp_path: Path) -> None:
    twins = [Device(name, "lamp", "light", frozenset({"on"})) for name in ("left", "right")]
    ways = [("one", Action("left", "on")), ("one", Action("right", "on")), ("two", Action("gone", "set", 30.0))]
    text = " ".join(written(tmp_path, lessons_of(ways * 5), twins).texts)
    assert "lamp (left) on" in text
    assert "lamp (right) on" in text
    assert "gone set" in text


@pytest.mark.parametrize("wrong_s", [0.0, 4e9, -1e300, 1e300])
def test_a_clock_that_jumped_makes_no_thousand_weeks(tmp_path: Path, wrong_s: float) -> None:
    taught = lessons_of(WAYS * 15)
    taught[70] = replace(taught[70], at=wrong_s)
    page = written(tmp_path, taught)
    text = " ".join(page.texts)
    assert "Accuracy by hundreds of lessons" in text
    assert "1 to 100" in text
    assert "101 to 150" in text
    assert "clock jumped" in text
    assert len(page.all("tr")) < 200


def test_years_of_weeks_without_lessons_are_left_out(tmp_path: Path) -> None:
    taught = lessons_of(WAYS * 2)
    taught = [replace(each, at=each.at + (each.lesson.id > 10) * 300 * DAY_S) for each in taught]
    page = written(tmp_path, taught)
    assert "Accuracy by week" in " ".join(page.texts)
    assert len(page.all("tr")) < 80


def test_of_very_many_lessons_the_newest_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_life, "MOST_ANSWERED", 20)
    page = written(tmp_path, lessons_of(WAYS * 5))
    assert "Only the newest 20 lessons were answered; 30 older ones were just learned." in page.texts


def test_false_actions_are_counted_over_the_hours_of_a_week(tmp_path: Path) -> None:
    ways = [("movie night", Action("kitchen", "off"))] * 8 + [("movie night", NOTHING)] * 2
    taught = [replace(each, at=BEGAN_S + 1_800 * each.lesson.id) for each in lessons_of(ways)]
    text = " ".join(written(tmp_path, taught).texts)
    assert re.search(r"2026-\d\d-\d\d\s+[12]\s+4\.5\s+0\.[24]", text), text


def test_hostile_words_are_only_words(tmp_path: Path) -> None:
    nasty = [f"{HOSTILE} {RTL}", "a\x00b \x1b[31m", "&lt; &amp; \"'", "x" * 5_000, "]]> <!-- <style>*{}</style> $x_1$"]
    ways = [(text, action) for text in nasty for action in (Action("kitchen", "on"), Action("hostile", "off"))] * 3
    text = "".join(written(tmp_path, lessons_of(ways)).texts)
    assert HOSTILE in text, "it can be read"
    assert "<style>*{}</style>" in text
    assert "x" * 1_000 not in text


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="there is no chromium here")
def test_a_real_browser_lays_it_out(home: tuple[Path, Store], tmp_path: Path) -> None:
    text = page_of(home)
    whole = tmp_path / "page.html"
    whole.write_text(text)
    dom, told = browse(whole, tmp_path)
    assert 'id="contradictions"' in dom
    assert not re.search(r"refused|violat|error", "\n".join(x for x in told.splitlines() if "CONSOLE" in x), re.I)
    # the page allows no script, so a page around it measures a copy without the policy
    copy = escape(re.sub(r"<meta http-equiv[^>]*>", "", text), quote=True)
    frames = "".join(f'<iframe width="{width}" height="800" srcdoc="{copy}"></iframe>' for width in (400, 1200))
    measure = """<pre id="found"></pre><script>onload = () => { found.textContent = JSON.stringify(
        [...document.querySelectorAll("iframe")].map(frame => { const page = frame.contentDocument;
        return [page.documentElement.scrollWidth - page.documentElement.clientWidth,
                ...[...page.querySelectorAll("svg")].map(each => each.getBoundingClientRect().width)] })) }</script>"""
    around = tmp_path / "around.html"
    around.write_text(f"<!DOCTYPE html>{frames}{measure}")
    dom, _ = browse(around, tmp_path)
    found = json.loads(unescape(dom.split('<pre id="found">')[1].split("</pre>")[0]))
    assert len(found) == 2
    for overflow, *pictures in found:
        assert overflow == 0
        assert pictures
        assert all(300 < width < 700 for width in pictures)


def browse(page: Path, folder: Path) -> tuple[str, str]:
    """What the browser made of it, and what it said."""
    alone = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options = [*alone, f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run(
        [str(BROWSER), *options, page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout, done.stderr
