"""The chip as it should be, whatever happens to it on the way."""

from __future__ import annotations

import pytest

from device.chip.chip import ChipLesson
from device.chip.flash import PAGE_BYTES
from device.errors import ChipError
from tests.chip.conftest import Plugged

LESSONS = [ChipLesson("make it cosy", "kitchen_light\ton"), ChipLesson("make it cosy now", "nothing")]


def saved(plugged: Plugged) -> int:
    """Lessons in flash."""
    flash = plugged.plug.flash
    return flash.saved[1].lessons if flash.saved else 0


def acting(plugged: Plugged) -> bytes:
    """The image that acts."""
    return plugged.plug.flash.acting.image if plugged.plug.flash.acting else b""


def test_a_chip_says_what_words_mean(plugged: Plugged) -> None:
    plugged.until(lambda chip: chip.is_current)
    heard = plugged.chip.hear("kitchen light on", ended=True)
    assert (heard.acts, heard.action) == (True, "kitchen_light\ton")
    assert not plugged.chip.hear("how was your day", ended=True).acts
    assert not plugged.chip.hear("kitchen", ended=False).acts


def test_lessons_reach_the_chip_and_its_flash(plugged: Plugged) -> None:
    plugged.until(lambda chip: chip.is_current)
    plugged.chip.want_lessons(LESSONS)
    assert not plugged.chip.is_current
    plugged.until(lambda chip: chip.is_safe)
    assert plugged.chip.hear("make it cosy", ended=True).action == "kitchen_light\ton"
    plugged.plug.cut_power()
    plugged.until(lambda chip: chip.is_current)
    assert plugged.chip.info is not None
    assert plugged.chip.info.lessons == 2
    assert plugged.chip.hear("make it cosy", ended=True).action == "kitchen_light\ton"


def test_lessons_that_were_lost_are_taught_again(plugged: Plugged) -> None:
    plugged.until(lambda chip: chip.is_current)
    plugged.chip.want_lessons(LESSONS)
    plugged.until(lambda chip: chip.is_safe)
    plugged.plug.flash.saved = None
    plugged.plug.cut_power()
    plugged.until(lambda _: saved(plugged) == 2)


def test_a_lesson_less_is_not_known_any_more(plugged: Plugged) -> None:
    plugged.chip.want_lessons(LESSONS)
    plugged.until(lambda chip: chip.is_safe)
    plugged.chip.want_lessons(LESSONS[1:])
    plugged.until(lambda chip: chip.is_safe)
    assert not plugged.chip.hear("make it cosy", ended=True).acts


def test_lessons_of_somebody_else_make_way(plugged: Plugged) -> None:
    plugged.plug.take(b"hear good night\nteach kitchen_light off\n")
    plugged.chip.want_lessons(LESSONS)
    plugged.until(lambda chip: chip.is_safe)
    assert saved(plugged) == 2


def test_a_lesson_that_the_chip_cannot_hold_is_left_out(plugged: Plugged, caplog: pytest.LogCaptureFixture) -> None:
    plugged.chip.want_lessons([LESSONS[0], ChipLesson("open", "x" * 64 + "\topen"), LESSONS[1]])
    plugged.until(lambda chip: chip.is_safe)
    assert saved(plugged) == 2
    assert "a lesson waits for the next model: SAFU_BAD_ARGUMENT" in caplog.text


def test_a_model_is_delivered_acts_on_trial_and_is_kept(plugged: Plugged, images: dict[int, bytes]) -> None:
    plugged.until(lambda chip: chip.is_current)
    plugged.chip.want_lessons(LESSONS)
    plugged.chip.want_model(images[2], 2, is_settled=False)
    plugged.until(lambda chip: chip.is_safe)
    flash = plugged.plug.flash
    assert (acting(plugged), flash.trial) == (images[2], True)
    assert plugged.chip.hear("make it cosy", ended=True).action == "kitchen_light\ton", "taught anew"
    plugged.chip.want_model(images[2], 2, is_settled=True)
    plugged.until(lambda _: not flash.trial)


def test_a_model_that_has_not_proved_itself_makes_way_for_the_one_in_the_other_slot(
    plugged: Plugged, images: dict[int, bytes]
) -> None:
    plugged.erase()
    for version in (1, 2):
        plugged.chip.want_model(images[version], version, is_settled=version == 1)
        plugged.until(lambda chip: chip.is_safe)
    asked = plugged.overheard()
    plugged.chip.want_model(images[1], 1, is_settled=True)
    plugged.until(lambda chip: chip.is_safe)
    assert acting(plugged) == images[1]
    assert not any(b"model data" in line for line in asked)


def test_nothing_is_left_of_models_that_must_go(plugged: Plugged, images: dict[int, bytes]) -> None:
    plugged.chip.want_model(images[2], 2, is_settled=False)
    plugged.until(lambda chip: chip.is_safe)
    plugged.chip.want_own_model(only=True)
    plugged.until(lambda chip: chip.is_safe)
    flash = plugged.plug.flash
    assert (flash.acting, flash.delivered, flash.before) == (flash.own, None, None)


@pytest.mark.parametrize("how", ["power", "unplugged", "bridge"])
def test_a_delivery_goes_on_where_it_was_interrupted(plugged: Plugged, images: dict[int, bytes], how: str) -> None:
    plugged.chip.want_model(images[2], 2, is_settled=False)
    flash = plugged.plug.flash
    while len(flash.incoming) < len(images[2]) // 2:
        plugged.chip.tick()
    before = len(flash.incoming)
    if how == "power":
        plugged.plug.cut_power()
    elif how == "unplugged":
        plugged.plug.pull()
        plugged.until(lambda chip: chip.trouble)
        plugged.plug.push()
    else:
        plugged.restart_bridge()
        plugged.chip.want_model(images[2], 2, is_settled=False)
    asked = plugged.overheard()
    plugged.until(lambda chip: chip.is_safe)
    offsets = [int(line.split()[3]) for line in asked if b" model data " in line]
    assert before - 2 * PAGE_BYTES < offsets[0] <= before
    assert acting(plugged) == images[2]


def test_a_model_too_large_is_said_and_not_sent(plugged: Plugged, images: dict[int, bytes]) -> None:
    plugged.chip.want_model(images[2] + bytes(300_000), 3, is_settled=False)
    plugged.until(lambda chip: chip.problem)
    assert "a slot of the chip 262144" in plugged.chip.problem
    assert plugged.plug.flash.expected is None


def test_a_model_that_the_chip_refuses_is_given_up(plugged: Plugged, images: dict[int, bytes]) -> None:
    plugged.chip.want_model(images[2][:-4] + b"oops", 3, is_settled=False)
    plugged.until(lambda chip: chip.problem)
    assert plugged.chip.problem.startswith("SAFU_")
    assert acting(plugged) == images[1]


def test_noise_on_the_line_is_repaired(plugged: Plugged, images: dict[int, bytes]) -> None:
    calls = 0

    def noisy(data: bytes) -> bytes:
        nonlocal calls
        calls += 1
        return plugged.plug.double.read(data.replace(b"a", b"b", 1) if calls % 40 == 17 else data)

    plugged.plug.answers = noisy
    plugged.chip.want_lessons(LESSONS * 20)
    plugged.chip.want_model(images[2], 2, is_settled=False)
    plugged.until(lambda chip: chip.is_safe)
    assert (acting(plugged), saved(plugged)) == (images[2], 40)


def test_a_silent_chip_is_away_until_it_speaks(plugged: Plugged) -> None:
    plugged.until(lambda chip: chip.is_current)
    plugged.plug.answers = lambda _: b""
    with pytest.raises(ChipError, match="does not answer"):
        plugged.chip.hear("kitchen light on", ended=True)
    plugged.chip.want_lessons(LESSONS)
    plugged.until(lambda chip: chip.trouble)
    plugged.plug.answers = None
    plugged.until(lambda chip: chip.is_safe)


def test_another_version_of_the_lines_is_named(plugged: Plugged) -> None:
    plugged.plug.answers = lambda data: data.split(b" ")[0] + b" ok lines=7\n"
    plugged.until(lambda chip: chip.trouble)
    plugged.chip.tick()
    assert "version 7 of the lines" in plugged.chip.trouble


def test_what_the_chip_hears_is_kept_for_whoever_wants_it(plugged: Plugged) -> None:
    plugged.until(lambda chip: chip.is_current)
    plugged.plug.says(b"said turn on the lamp\n")
    plugged.until(lambda chip: chip.said)
    assert plugged.chip.said == ["turn on the lamp"]
