"""Whose hand was it? Each cause by the messages that a real device sends."""

from __future__ import annotations

from device.home.causes import Around, Watch
from device.home.entities import wire
from device.home.orders import EFFECT_MS
from device.messages import Action, Cause, SwitchEvent

STATE, LEVEL, SET, SET_LEVEL = "lamp", "lamp/level", "lamp/set", "lamp/level/set"
ON, OFF = Action("lamp", "on"), Action("lamp", "off")
LAMP = {
    "name": "lamp",
    "unique_id": "lamp",
    "command_topic": SET,
    "state_topic": STATE,
    "brightness_command_topic": SET_LEVEL,
    "brightness_state_topic": LEVEL,
    "brightness_scale": 100,
    "on_command_type": "brightness",
}
BLIND = {
    "name": "blind",
    "unique_id": "lamp",
    "command_topic": SET,
    "position_topic": LEVEL,
    "set_position_topic": SET_LEVEL,
    "state_topic": STATE,
}


class Room:
    """A lamp that says what it is told to say, on a clock of its own."""

    def __init__(self, kind: str = "light", *, told: str | None = "OFF") -> None:
        keys = LAMP if kind == "light" else BLIND
        self.around = Around()
        self.watch = Watch(wire(kind, keys, "lamp", "lamp", []), self.around, 0)
        self.now_ms = 0
        if told is not None:
            self.tells(told, retained=True)
            self.pass_time(10_000)

    def pass_time(self, duration_ms: int) -> list[tuple[str, str]]:
        told: list[SwitchEvent] = []
        for _ in range(duration_ms // 32 + 1):
            self.now_ms += 32
            told += self.watch.settle(self.now_ms)
        return plain(told)

    def tells(self, payload: str, topic: str = STATE, *, retained: bool = False) -> list[tuple[str, str]]:
        self.now_ms += 32
        return plain(self.watch.state_seen(topic, payload.encode(), retained=retained, now_ms=self.now_ms))

    def we_send(self, action: Action, cause: Cause = Cause.ECHO) -> None:
        messages = self.watch.wiring.encode(action)
        self.watch.sent(action, messages, cause, self.now_ms)
        for topic, payload in messages:
            assert not self.watch.command_seen(topic, payload.encode(), self.now_ms), "the broker sends us our own"

    def another_sends(self, payload: str, topic: str = SET) -> None:
        assert self.watch.command_seen(topic, payload.encode(), self.now_ms)


def plain(events: list[SwitchEvent]) -> list[tuple[str, str]]:
    return [(str(event.action).removeprefix("lamp "), event.cause.value) for event in events]


def test_an_echo_and_its_doubles() -> None:
    room = Room()
    room.we_send(ON)
    told = room.tells("ON") + room.pass_time(2_000)
    assert told == [("on", "echo")]
    assert room.tells("ON") + room.pass_time(2_000) == [], "a doubled echo is no news"


def test_a_late_echo_is_still_ours_but_not_for_ever() -> None:
    room = Room()
    room.we_send(ON)
    room.pass_time(EFFECT_MS - 500)
    assert room.tells("ON") + room.pass_time(2_000) == [("on", "echo")]
    room.we_send(OFF)
    room.pass_time(EFFECT_MS + 500)
    assert room.tells("OFF") + room.pass_time(2_000) == [("off", "hand")]


def test_an_order_taken_back_before_its_late_effect_explains_both_changes() -> None:
    room = Room()
    room.we_send(ON)
    room.pass_time(500)
    room.we_send(OFF)
    room.pass_time(3_000)
    told = room.tells("ON") + room.pass_time(2_000) + room.tells("OFF") + room.pass_time(2_000)
    assert told == [("on", "echo"), ("off", "echo")], "when it was ordered, the lamp was still off"


def test_a_late_change_by_little_is_still_ours() -> None:
    room = Room(told="ON")
    room.tells("20", LEVEL)
    room.pass_time(2_000)
    room.we_send(Action("lamp", "set", 22.0))
    room.pass_time(1_500)
    told = room.tells("21", LEVEL) + room.pass_time(64) + room.tells("22", LEVEL) + room.pass_time(2_000)
    assert told == [("set 22", "echo")]


def test_a_stale_state_between_order_and_echo_is_no_hand() -> None:
    room = Room()
    room.we_send(ON)
    told = room.tells("OFF") + room.tells("ON") + room.pass_time(2_000)
    assert told == [("on", "echo")]


def test_a_hand_right_after_our_echo_is_a_hand() -> None:
    room = Room()
    room.we_send(ON)
    told = room.tells("ON") + room.tells("OFF") + room.pass_time(2_000)
    assert told == [("on", "echo"), ("off", "hand")]


def test_what_others_order_is_theirs() -> None:
    room = Room()
    room.another_sends("ON")
    assert room.tells("ON") + room.pass_time(2_000) == [("on", "other")]
    room.another_sends("rubbish that we cannot read")
    assert room.tells("OFF") + room.pass_time(2_000) == [("off", "other")]


def test_a_hand_needs_no_order() -> None:
    room = Room()
    assert room.tells("ON") + room.pass_time(2_000) == [("on", "hand")]
    assert room.tells("OFF") + room.pass_time(2_000) == [("off", "hand")]


def test_a_person_through_us_is_a_hand() -> None:
    room = Room()
    room.we_send(ON, Cause.HAND)
    assert room.tells("ON") + room.pass_time(2_000) == [("on", "hand")]


def test_the_first_state_is_nobodys_retained_or_not() -> None:
    for retained in (True, False):
        room = Room(told=None)
        told = room.tells("ON", retained=retained) + room.pass_time(2_000)
        assert [cause for _, cause in told] in ([], ["unknown"])
        assert room.tells("OFF") + room.pass_time(2_000) == [("off", "hand")]


def test_what_changed_while_we_were_away_is_nobodys() -> None:
    room = Room()
    room.watch.subscribed(room.now_ms)
    assert room.tells("ON", retained=True) + room.pass_time(2_000) == [("on", "unknown")]
    assert room.tells("OFF") + room.pass_time(2_000) == [("off", "hand")]


def test_a_retained_flag_on_a_live_message_proves_nothing() -> None:
    room = Room()
    assert room.tells("ON", retained=True) + room.pass_time(2_000) == [("on", "hand")]


def test_a_ramp_by_hand_is_one_event() -> None:
    room = Room(told="ON")
    room.tells("100", LEVEL)
    room.pass_time(10_000)
    told = []
    for percent in range(95, 25, -5):
        told += room.tells(str(percent), LEVEL) + room.pass_time(200)
    assert told + room.pass_time(3_000) == [("set 30", "hand")]


def test_a_ramp_that_we_ordered_is_one_echo() -> None:
    room = Room(told="ON")
    room.tells("100", LEVEL)
    room.pass_time(10_000)
    room.we_send(Action("lamp", "set", 30.0))
    told = []
    for percent in range(95, 25, -5):
        told += room.tells(str(percent), LEVEL) + room.pass_time(200)
    assert told + room.pass_time(3_000) == [("set 30", "echo")]


def test_a_lamp_that_does_not_obey_and_repeats_itself_is_not_under_way() -> None:
    room = Room(told="ON")
    room.tells("80", LEVEL)
    room.pass_time(10_000)
    room.we_send(Action("lamp", "set", 30.0))
    for _ in range(4):
        assert room.tells("80", LEVEL) + room.pass_time(5_000) == []
    assert room.tells("50", LEVEL) + room.pass_time(3_000) == [("set 50", "hand")]


def test_a_blind_that_we_sent_travels_long_and_is_ours() -> None:
    room = Room("cover", told="closed")
    room.tells("0", LEVEL)
    room.pass_time(10_000)
    room.we_send(Action("lamp", "open"))
    told = room.tells("opening")
    for percent in range(5, 105, 5):
        told += room.tells(str(percent), LEVEL) + room.pass_time(1_500)
    told += room.tells("open") + room.pass_time(6_000)
    assert told == [("open", "echo")]


def test_what_follows_a_button_on_a_remote_is_a_hand() -> None:
    room = Room()
    room.around.note(Cause.HAND, room.now_ms)
    room.another_sends("ON")  # what the automation behind the button does
    assert room.tells("ON") + room.pass_time(5_000) == [("on", "hand")]
    room.another_sends("OFF")
    assert room.tells("OFF") + room.pass_time(2_000) == [("off", "other")], "not for ever"


def test_a_button_in_the_state_itself_is_a_hand() -> None:
    keys = {"name": "lamp", "unique_id": "lamp", "schema": "json", "command_topic": SET, "state_topic": STATE}
    watch = Watch(wire("light", keys, "lamp", "lamp", []), Around(), 0)
    watch.state_seen(STATE, b'{"state":"OFF","action":""}', retained=True, now_ms=32)
    watch.command_seen(SET, b'{"state":"ON"}', 10_000)
    other = watch.state_seen(STATE, b'{"state":"ON","action":""}', retained=False, now_ms=10_032)
    hand = watch.state_seen(STATE, b'{"state":"OFF","action":"single"}', retained=False, now_ms=20_000)
    assert plain(other) + plain(hand) == [("on", "other"), ("off", "hand")]


def test_an_event_knows_what_was_before() -> None:
    room = Room()
    room.now_ms += 32
    events = room.watch.state_seen(STATE, b"ON", retained=False, now_ms=room.now_ms)
    events += room.watch.settle(room.now_ms + 2_000)
    assert [(event.action, event.before, event.at_ms) for event in events] == [(ON, OFF, room.now_ms)]
