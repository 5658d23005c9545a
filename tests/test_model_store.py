"""The model store: what is installed, what acts after damage, a full disk or a power cut; versions only rise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from device.errors import BundleError, PairingError
from device.keys import new_ring, save_ring
from device.model_store import ModelStore, State
from tests.small_models import LAMP_ON, SmallModels

WORDS = tuple("let there be light".split())


@pytest.fixture
def store(tmp_path: Path, small_models: SmallModels) -> ModelStore:
    """Version 1 is kept, version 2 is on trial."""
    made = ModelStore(tmp_path / "models", small_models.device)
    made.install(*small_models.signed(1), 12)
    made.keep()
    made.install(*small_models.signed(2), 20)
    return made


def again(tmp_path: Path, models: SmallModels) -> ModelStore:
    """As the next start finds it."""
    return ModelStore(tmp_path / "models", models.device)


def names(tmp_path: Path) -> set[str]:
    return {file.name for file in (tmp_path / "models").iterdir()}


def version(store: ModelStore) -> int:
    return store.acting.header.version if store.acting else 0


def test_a_device_without_a_model_is_a_device(tmp_path: Path, small_models: SmallModels) -> None:
    store = again(tmp_path, small_models)
    assert (store.state, store.acting, store.before(), store.on_trial) == (State(), None, None, False)
    assert not (tmp_path / "models").exists()


def test_a_model_is_installed_beside_the_one_before(
    tmp_path: Path, store: ModelStore, small_models: SmallModels
) -> None:
    for each in (store, again(tmp_path, small_models)):
        assert each.state == State(acting=2, before=1, since=20, newest=2)
        assert each.on_trial
        assert each.acting is not None
        assert each.acting.answer(WORDS) == (LAMP_ON.device, LAMP_ON.command)
        before = each.before()
        assert before is not None
        assert before.header.version == 1
    assert names(tmp_path) == {"state.json", "000001.safu", "000001.sig", "000002.safu", "000002.sig"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "models").iterdir())


def test_of_two_on_trial_the_one_before_both_stands_by(store: ModelStore, small_models: SmallModels) -> None:
    store.install(*small_models.signed(5), 30)
    assert store.state == State(acting=5, before=1, since=30, newest=5)


def test_kept_returned_and_dropped(tmp_path: Path, store: ModelStore, small_models: SmallModels) -> None:
    store.go_back()
    assert (version(store), store.state) == (1, State(acting=1, before=None, since=20, newest=2))
    assert names(tmp_path) == {"state.json", "000001.safu", "000001.sig"}
    store.install(*small_models.signed(3), 21)
    store.keep()
    assert store.state == State(acting=3, before=None, since=21, newest=3)
    store.drop()
    assert (version(store), store.state) == (0, State(acting=0, before=None, since=21, newest=3))
    assert names(tmp_path) == {"state.json"}
    assert again(tmp_path, small_models).state == store.state


@pytest.mark.parametrize("how", ["go_back", "drop", "keep"])
def test_versions_only_rise(tmp_path: Path, store: ModelStore, small_models: SmallModels, how: str) -> None:
    getattr(store, how)()
    for each in (store, again(tmp_path, small_models)):
        state = each.state
        for old in (1, 2):
            with pytest.raises(BundleError, match="was here already"):
                each.install(*small_models.signed(old), 30)
        assert each.state == state
    store.install(*small_models.signed(3), 30)
    assert version(store) == 3


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, None])
def test_after_damage_the_one_before_acts(
    tmp_path: Path, store: ModelStore, small_models: SmallModels, damage: bytes | None
) -> None:
    file = tmp_path / "models" / "000002.safu"
    harmed = file.read_bytes()[:-1] + b"\x7f" if damage is None else damage
    file.write_bytes(harmed)
    after = again(tmp_path, small_models)
    assert (version(after), after.state) == (1, State(acting=1, before=None, since=20, newest=2))
    assert (tmp_path / "damaged-000002.safu").read_bytes() == harmed
    assert names(tmp_path) == {"state.json", "000001.safu", "000001.sig"}
    (tmp_path / "models" / "000001.sig").unlink()
    assert (version(again(tmp_path, small_models)), again(tmp_path, small_models).state.acting) == (0, 0)


def test_two_damaged_models_leave_none(tmp_path: Path, store: ModelStore, small_models: SmallModels) -> None:
    for number in (1, 2):
        (tmp_path / "models" / f"00000{number}.safu").write_bytes(b"x")
    after = again(tmp_path, small_models)
    assert (after.acting, after.state) == (None, State(acting=0, before=None, since=20, newest=2))


def test_one_cannot_go_back_to_a_damaged_model(tmp_path: Path, store: ModelStore) -> None:
    (tmp_path / "models" / "000001.safu").write_bytes(b"x")
    store.go_back()
    assert (store.acting, store.state.acting) == (None, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"acting": "../../x"}',
        '{"acting": 9, "newest": 2}',
        '{"acting": -1}',
        '{"surprise": 1}',
        "[" * 99_999,
    ],
)
def test_a_damaged_list_of_models_is_no_model(
    tmp_path: Path, store: ModelStore, small_models: SmallModels, text: str
) -> None:
    (tmp_path / "models" / "state.json").write_text(text)
    after = again(tmp_path, small_models)
    assert (after.acting, after.state) == (None, State(newest=2))
    with pytest.raises(BundleError, match="was here already"):
        after.install(*small_models.signed(2), 30)
    after.install(*small_models.signed(3), 30)
    assert again(tmp_path, small_models).state == State(acting=3, before=0, since=30, newest=3)


def test_what_a_power_cut_left_goes(tmp_path: Path, store: ModelStore, small_models: SmallModels) -> None:
    for name in ("000003.safu", "000003.sig", "000004.safu.part", "state.json.part"):
        (tmp_path / "models" / name).write_bytes(b"half")
    assert again(tmp_path, small_models).state == store.state
    assert names(tmp_path) == {"state.json", "000001.safu", "000001.sig", "000002.safu", "000002.sig"}


def test_a_folder_in_the_way_is_no_harm(tmp_path: Path, store: ModelStore, small_models: SmallModels) -> None:
    (tmp_path / "models" / "folder").mkdir()
    store.install(*small_models.signed(3), 30)
    assert version(again(tmp_path, small_models)) == 3


def test_where_nothing_can_be_written_nothing_changes(tmp_path: Path, small_models: SmallModels) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    store = again(tmp_path, small_models)
    with pytest.raises(BundleError):
        store.install(*small_models.signed(1), 12)
    assert (store.acting, store.state) == (None, State())


def test_what_the_trainer_has_not_signed_for_this_house_is_refused(
    tmp_path: Path, store: ModelStore, small_models: SmallModels
) -> None:
    data, signature = small_models.signed(3)
    with pytest.raises(PairingError):
        store.install(data, new_ring().sign(data), 30)
    with pytest.raises(PairingError):
        store.install(data + b"x", signature, 30)
    with pytest.raises(BundleError, match="another house"):
        store.install(*small_models.signed(3, house="other"), 30)
    with pytest.raises(BundleError, match="not here any more"):
        store.install(data, signature, 30, lessons=range(1, 5))
    assert again(tmp_path, small_models).state == store.state == State(acting=2, before=1, since=20, newest=2)


def test_a_drop_leaves_no_file_of_any_model(tmp_path: Path, store: ModelStore, small_models: SmallModels) -> None:
    (tmp_path / "models" / "000002.safu").write_bytes(b"movie night")
    after = again(tmp_path, small_models)
    after.drop()
    assert not list(tmp_path.rglob("*.safu"))


_FULL_DISK = """
import resource, sys
from pathlib import Path
from device.errors import BundleError
from device.keys import load_ring
from device.model_store import ModelStore

folder, longest = Path(sys.argv[1]), int(sys.argv[2])
ring = load_ring(folder / "keys.json")
store = ModelStore(folder / "models", ring)
state = store.state
resource.setrlimit(resource.RLIMIT_FSIZE, (longest, longest))
data = (folder / "next").read_bytes()
for change in (lambda: store.install(data[64:], data[:64], 30), store.keep, store.go_back):
    try:
        change()
        print("written", change)
    except BundleError as error:
        assert store.state == state, store.state
        print("refused")
    if longest:
        break
if not longest:
    (folder / "models" / "000002.safu").unlink()
    print(ModelStore(folder / "models", ring).acting.header.version)
    try:
        store.drop()
    except BundleError:
        print(store.acting, sorted(file.name for file in (folder / "models").iterdir()))
"""


@pytest.mark.parametrize("longest", [0, 64, 1_000, 100_000])
def test_a_full_disk_changes_nothing(
    tmp_path: Path, store: ModelStore, small_models: SmallModels, longest: int
) -> None:
    save_ring(tmp_path / "keys.json", small_models.device)
    data, signature = small_models.signed(3)
    (tmp_path / "next").write_bytes(signature + data)
    command = [sys.executable, "-c", _FULL_DISK, str(tmp_path), str(longest)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert ended.returncode == 0, ended.stderr
    state = json.loads((tmp_path / "models" / "state.json").read_text())
    assert state == {"acting": 2, "before": 1, "since": 20, "newest": 2}
    if longest:
        assert ended.stdout == "refused\n"
        assert names(tmp_path) == {"state.json", "000001.safu", "000001.sig", "000002.safu", "000002.sig"}
        assert version(again(tmp_path, small_models)) == 2
    else:
        told = ended.stdout.splitlines()
        assert told[:3] == ["refused"] * 3
        assert told[3:] == ["1", "None ['state.json']"], "it falls back, and forgets, without writing a byte"
        assert version(again(tmp_path, small_models)) == 0
