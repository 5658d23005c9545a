"""What a chip keeps in flash survives a power cut at any byte: the old or the new, never a mixture, never nothing."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Callable
from dataclasses import replace
from zlib import crc32

import pytest

from device.safu.integer_counts import IntegerCounts, heard
from firmware_export.host_learning import HostLearning
from firmware_export.host_slots import FlashDouble, FlashError, HostModels, HostSlots, Standing
from tests.safu.test_integer_counts import STORY

PAGE = 256
BOTH_WAYS = pytest.mark.parametrize("order", [1, -1])
RNG = random.Random(0)
OLD, NEW, NEWER = (bytes(RNG.choice((0, 0xFF, *range(256))) for _ in range(size)) for size in (700, 601, 512))


def refusal(step: Callable[[], object]) -> str:
    with pytest.raises(FlashError) as error:
        step()
    return error.value.status


def worked(step: Callable[[], object]) -> bool:
    """Whether it did; if not, because there was no power."""
    try:
        step()
    except FlashError as error:
        if error.status != "SAFU_FLASH_FAILED":
            raise
        return False
    return True


# -- what was learned -----------------------------------------------------------------------------------------------


def slots(chip: ctypes.CDLL, flash: FlashDouble) -> HostSlots:
    return HostSlots(chip, flash, PAGE, 8 * PAGE)


def test_what_is_saved_is_loaded_after_every_restart(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(9 * PAGE, PAGE)
    assert refusal(lambda: slots(chip, flash).load(10)) == "SAFU_NOTHING_SAVED"
    for number in range(9):
        data = RNG.randbytes(RNG.randint(0, slots(chip, flash).room))
        slots(chip, flash).save(data, [number, 2, 3, 4])
        flash.was_used_well()
        flash = flash.restarted()
        assert slots(chip, flash).load(len(data)) == (data, [number, 2, 3, 4])
    assert bytes(flash.cells[:PAGE]) == b"\xff" * PAGE


def test_what_does_not_fit_is_refused(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(9 * PAGE, PAGE)
    mine = slots(chip, flash)
    mine.save(b"old!")
    assert refusal(lambda: mine.save(bytes(mine.room + 1))) == "SAFU_TOO_LARGE"
    assert refusal(lambda: mine.load(3)) == "SAFU_TOO_LITTLE_MEMORY"
    assert mine.load(4)[0] == b"old!"
    for at, size in ((0, 0), (1, 2 * PAGE), (0, 3 * PAGE), (PAGE, 10 * PAGE), (10 * PAGE, 2 * PAGE)):
        assert refusal(lambda at=at, size=size: HostSlots(chip, flash, at, size)) == "SAFU_OUT_OF_RANGE"  # type: ignore[misc]


@BOTH_WAYS
def test_a_power_cut_at_any_byte_of_a_save_leaves_the_old_or_the_new(chip: ctypes.CDLL, order: int) -> None:
    before = FlashDouble(4 * PAGE, PAGE, order=order)
    HostSlots(chip, before, 0, 4 * PAGE).save(NEWER[:470])
    HostSlots(chip, before, 0, 4 * PAGE).save(OLD[:460])
    seen, power, is_done = set(), 0, False
    while not is_done:
        flash = FlashDouble(4 * PAGE, PAGE, bytes(before.cells), power=power, order=order)
        is_done = worked(lambda: HostSlots(chip, flash, 0, 4 * PAGE).save(NEW[:450]))  # noqa: B023
        flash.was_used_well()
        found = HostSlots(chip, flash.restarted(), 0, 4 * PAGE).load(460)[0]
        assert found == (NEW[:450].ljust(460, b"\0") if is_done else found)
        assert found in (OLD[:460], NEW[:450].ljust(460, b"\0"))
        seen.add(found)
        power += 1
    assert power > 2 * PAGE
    assert len(seen) == 2


def test_what_was_saved_last_is_forgotten_once(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(9 * PAGE, PAGE)
    assert refusal(lambda: slots(chip, flash).forget()) == "SAFU_NOTHING_TO_UNDO"
    for number in range(6):
        slots(chip, flash).save(OLD, [number, 0, 0, 0])
        if number == 0:
            assert refusal(lambda: slots(chip, flash).forget()) == "SAFU_NOTHING_TO_UNDO"
        mine = slots(chip, flash)
        mine.save(NEW)
        mine.forget()
        assert mine.load(700) == slots(chip, flash.restarted()).load(700) == (OLD, [number, 0, 0, 0])
        assert NEW[-9:] not in bytes(flash.cells)
        assert refusal(mine.forget) == refusal(lambda: slots(chip, flash).forget()) == "SAFU_NOTHING_TO_UNDO"
    flash.was_used_well()


@BOTH_WAYS
def test_a_power_cut_at_any_byte_of_forgetting_leaves_the_one_or_the_other(chip: ctypes.CDLL, order: int) -> None:
    before = FlashDouble(4 * PAGE, PAGE, order=order)
    HostSlots(chip, before, 0, 4 * PAGE).save(OLD[:460])
    HostSlots(chip, before, 0, 4 * PAGE).save(NEW[:450])
    seen, power, is_done = set(), 0, False
    while not is_done:
        flash = FlashDouble(4 * PAGE, PAGE, bytes(before.cells), power=power, order=order)
        is_done = worked(lambda: HostSlots(chip, flash, 0, 4 * PAGE).forget())  # noqa: B023
        flash.was_used_well()
        after = HostSlots(chip, flash.restarted(), 0, 4 * PAGE)
        found = after.load(460)[0]
        assert found == (OLD[:460] if is_done else found)
        seen.add(found)
        if found != OLD[:460]:
            assert found == NEW[:450].ljust(460, b"\0")
            after.forget()
        assert after.load(460)[0] == OLD[:460]
        power += 1
    assert power > 2 * PAGE
    assert len(seen) == 2


def test_flash_that_fails_while_it_forgets_has_what_was_before(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(4 * PAGE, PAGE)
    mine = HostSlots(chip, flash, 0, 4 * PAGE)
    mine.save(OLD[:460])
    mine.save(NEW[:450])
    flash.power = PAGE
    assert refusal(mine.forget) == "SAFU_FLASH_FAILED"
    assert mine.load(460)[0] == OLD[:460]
    assert refusal(mine.forget) == "SAFU_NOTHING_TO_UNDO"


def test_what_came_later_is_not_what_was_before(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(4 * PAGE, PAGE)
    mine = HostSlots(chip, flash, 0, 4 * PAGE)
    mine.save(OLD[:460])
    HostSlots(chip, flash, 0, 4 * PAGE).save(NEW[:460])  # as if mine had failed once all was written
    assert refusal(mine.forget) == "SAFU_NOTHING_TO_UNDO"
    assert HostSlots(chip, flash, 0, 4 * PAGE).load(460)[0] == NEW[:460]


def test_power_cuts_in_a_row(chip: ctypes.CDLL) -> None:
    rng = random.Random(1)
    flash, saved = FlashDouble(4 * PAGE, PAGE), b"first".ljust(400)
    HostSlots(chip, flash, 0, 4 * PAGE).save(saved)
    for number in range(400):
        data = (b"%d " % number * 200)[:400]
        flash = FlashDouble(4 * PAGE, PAGE, bytes(flash.cells), power=rng.randrange(1_100), order=rng.choice((1, -1)))
        done = worked(lambda: HostSlots(chip, flash, 0, 4 * PAGE).save(data))  # noqa: B023
        flash.was_used_well()
        found = HostSlots(chip, flash.restarted(), 0, 4 * PAGE).load(400)[0]
        assert found in ((data,) if done else (saved, data))
        saved = found


def test_power_lost_in_the_middle_of_a_lesson(chip: ctypes.CDLL) -> None:
    rows, size = 64, 6 * 1024
    learning, reference = HostLearning(chip, rows, 4, 4), IntegerCounts(rows, 4, 4)
    flash = FlashDouble(size, 1024)
    HostSlots(chip, flash, 0, size).save(learning.state())
    for number, (text, action) in enumerate(STORY):
        before = reference.pack()
        reference.learn_one(heard(text.encode()), action)
        cut = FlashDouble(size, 1024, bytes(flash.cells), power=[0, 900, 3_072, 3_200, 3_072 + len(before)][number % 5])
        learning.hear(text.encode())
        learning.learn_one(action)
        with pytest.raises(FlashError):
            HostSlots(chip, cut, 0, size).save(learning.state())
        learning.resume(HostSlots(chip, cut.restarted(), 0, size).load(len(before))[0])
        assert learning.state() == before
        learning.learn_one(action)
        HostSlots(chip, flash, 0, size).save(learning.state())
        assert HostSlots(chip, flash.restarted(), 0, size).load(len(before))[0] == reference.pack()


# -- models ---------------------------------------------------------------------------------------------------------

SIZE = 10 * PAGE


def models(chip: ctypes.CDLL, flash: FlashDouble) -> HostModels:
    return HostModels(chip, flash, 0, SIZE)


def send(mine: HostModels, image: bytes, version: int, chunk: int = 64) -> None:
    at = mine.begin(len(image), crc32(image), version)
    while at < len(image):
        mine.data(at, image[at : at + chunk])
        at += min(chunk, len(image) - at)
    assert mine.check() == image


def standing(chip: ctypes.CDLL, flash: FlashDouble) -> Standing:
    flash.was_used_well()
    return models(chip, flash.restarted()).standing()


def test_a_model_is_sent_tried_kept_and_called_back(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(SIZE, PAGE)
    mine = models(chip, flash)
    assert standing(chip, flash) == Standing(b"", False, b"", 0, 0)
    assert (refusal(mine.keep), refusal(mine.return_)) == ("SAFU_NOTHING_SAVED", "SAFU_NO_MODEL_BEFORE")
    send(mine, OLD, 1)
    assert standing(chip, flash).acting == b""
    mine.try_it()
    assert standing(chip, flash) == Standing(OLD, True, b"", 0, 0)
    mine.keep()
    mine.keep()
    send(mine, NEW, 2)
    assert standing(chip, flash) == Standing(OLD, False, b"", 2, 2 * PAGE)
    mine.try_it()
    assert standing(chip, flash) == Standing(NEW, True, OLD, 0, 0)
    mine.return_()
    assert standing(chip, flash) == Standing(OLD, False, NEW, 0, 0)
    mine.return_()
    assert standing(chip, flash) == Standing(NEW, False, OLD, 0, 0)
    send(mine, NEWER, 3)
    mine.try_it()
    assert standing(chip, flash) == Standing(NEWER, True, NEW, 0, 0)


def test_what_comes_out_of_step_is_refused(chip: ctypes.CDLL) -> None:
    mine = models(chip, FlashDouble(SIZE, PAGE))
    assert refusal(lambda: mine.data(0, b"1234")) == "SAFU_NOTHING_SENT"
    assert refusal(mine.check) == refusal(mine.try_it) == "SAFU_NOTHING_SENT"
    assert refusal(lambda: mine.begin(mine.room + 1, 0, 1)) == "SAFU_TOO_LARGE"
    assert refusal(lambda: mine.begin(0, 0, 1)) == "SAFU_TOO_LARGE"
    assert mine.begin(10, crc32(OLD[:10]), 1) == 0
    for at, data in ((4, OLD[:4]), (0, OLD[:5]), (0, OLD[:12])):
        assert refusal(lambda at=at, data=data: mine.data(at, data)) == "SAFU_OUT_OF_STEP"  # type: ignore[misc]
    mine.data(0, OLD[:8])
    assert refusal(mine.check) == refusal(mine.try_it) == "SAFU_OUT_OF_STEP"
    mine.data(8, OLD[8:10])
    assert mine.check() == OLD[:10]
    for size in (2 * PAGE, 5 * PAGE, 12 * PAGE):
        assert refusal(lambda size=size: HostModels(chip, FlashDouble(SIZE, PAGE), 0, size)) == "SAFU_OUT_OF_RANGE"  # type: ignore[misc]


def test_a_damaged_model_is_thrown_away(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(SIZE, PAGE)
    mine = models(chip, flash)
    send(mine, OLD, 1)
    mine.try_it()
    mine.begin(4, crc32(b"abcd"), 2)
    mine.data(0, b"abce")
    assert refusal(mine.try_it) == "SAFU_DAMAGED"
    assert standing(chip, flash) == Standing(OLD, True, b"", 0, 0)
    send(mine, b"abcd", 2)


def test_an_interrupted_model_goes_on(chip: ctypes.CDLL) -> None:
    flash = FlashDouble(SIZE, PAGE)
    mine = models(chip, flash)
    mine.begin(len(OLD), crc32(OLD), 1)
    for at in range(0, 640, 64):
        mine.data(at, OLD[at : at + 64])
    flash = flash.restarted()
    mine = models(chip, flash)
    assert (mine.standing().incoming, mine.standing().taken) == (1, 2 * PAGE)
    assert refusal(lambda: mine.data(2 * PAGE, OLD[512:576])) == "SAFU_NOTHING_SENT"
    assert mine.begin(len(NEW), crc32(NEW), 2) == 0
    assert mine.begin(len(OLD), crc32(OLD), 1) == 0
    send(mine, OLD, 1)
    assert mine.begin(len(OLD), crc32(OLD), 1) == 2 * PAGE
    send(mine, OLD, 1)
    flash.was_used_well()


def life(mine: HostModels) -> None:
    """All that can happen to two slots where OLD acts."""
    send(mine, NEW, 2)
    mine.try_it()
    mine.keep()
    send(mine, NEWER, 3)
    mine.try_it()
    mine.return_()


STATES = [
    Standing(OLD, False, b"", 0, 0), Standing(NEW, True, OLD, 0, 0), Standing(NEW, False, OLD, 0, 0),
    Standing(NEW, False, b"", 0, 0), Standing(NEWER, True, NEW, 0, 0), Standing(NEW, False, NEWER, 0, 0),
]  # fmt: skip


@BOTH_WAYS
def test_a_power_cut_at_any_byte_leaves_a_model_that_acts(chip: ctypes.CDLL, order: int) -> None:
    begun = FlashDouble(SIZE, PAGE, order=order)
    send(models(chip, begun), OLD, 1)
    models(chip, begun).begin(len(OLD), crc32(OLD), 1)
    send(models(chip, begun), OLD, 1)
    mine = models(chip, begun)
    send(mine, OLD, 1)
    mine.try_it()
    mine.keep()
    newest, power, is_done = 0, 0, False
    while not is_done:
        flash = FlashDouble(SIZE, PAGE, bytes(begun.cells), power=power, order=order)
        is_done = worked(lambda: life(models(chip, flash)))  # noqa: B023
        found = standing(chip, flash)
        now = STATES.index(replace(found, incoming=0, taken=0))
        assert now >= newest
        newest = now
        after = flash.restarted()
        send(models(chip, after), NEWER, 9)  # whatever was cut off, the next one comes through
        mine = models(chip, after)
        send(mine, NEWER, 9)
        mine.try_it()
        assert standing(chip, after).acting == NEWER
        power += 1
    assert newest == len(STATES) - 1
