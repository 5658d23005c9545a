"""What is read from the authors' logs."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from benchmarks.fast_weights.reference import capacity, read
from benchmarks.fast_weights.retrieval import Rule

DATA = Path(os.environ.get("SAFU_DATA", Path(__file__).parents[4] / "shared" / "data"))
_HEADER = "setting,feature_map,feature_arg,update_rule,n_keys,final_eval_loss\n"


def test_rows_become_losses_by_rule_and_number_of_keys(tmp_path: Path) -> None:
    (tmp_path / "fast_weights").mkdir()
    rows = "1,linear,,sum,20,0.001\n1,linear,,sum,40,0.2\n2,favor,64,delta,20,nan\n"
    (tmp_path / "fast_weights" / "final_losses.csv").write_text(_HEADER + rows)
    logs = read(tmp_path)
    assert logs.capacity == {Rule("linear", 0, "sum"): {20: 0.001, 40: 0.2}}
    assert math.isnan(logs.update[Rule("favor", 64, "delta")][20])


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"final_losses.csv cannot be read: No such file .*--data DIR"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("final", "expected"),
    [({20: 0.05, 40: 0.06, 60: 0.01}, 40), ({20: math.nan}, 20), ({20: 0.01, 600: 0.05}, 620)],
)
def test_capacity_is_the_first_number_above(final: dict[int, float], expected: int) -> None:
    assert capacity(final) == expected


@pytest.mark.skipif(not (DATA / "fast_weights").is_dir(), reason="final_losses.csv is not here; $SAFU_DATA names it")
def test_the_logs_have_eight_capacities_and_eight_rules() -> None:
    logs = read(DATA)
    capacities = {(rule.feature_map, rule.argument): capacity(final) for rule, final in logs.capacity.items()}
    assert (len(capacities), len(logs.update)) == (8, 8)
    assert capacities["linear", 0] == 80
    assert capacities["dpfp", 1] == 140
