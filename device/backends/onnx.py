"""The slow model as an ONNX graph, and onnxruntime that runs it: equal to `integer_reference.py`, bit by bit.

Only integers, and only operations that are exact for them: int32 products (their sums fit, `IntegerModel.bounds`),
int64 multiplications, and divisions of what an offset has made positive, as a division in ONNX rounds towards zero and
a shift rounds down. tanh and exp are looked up whole, one entry for every input, so there is nothing to interpolate.
Avoided are `MatMulInteger`, whose sums may saturate on processors without VNNI, and `Clip`, `Min` and `Max` of int64,
which onnxruntime gets wrong beyond 32 bits (https://github.com/microsoft/onnxruntime/pull/25280). Left out: files for
others (`firmware_export/onnx_model.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from device.safu.integer_reference import EXP_REACH, MAX_WORDS, Factors, IntegerModel, Ints, exp_of, rooted, tanh_of

INT32, INT64 = TensorProto.INT32, TensorProto.INT64
_OPSET, _IR = 13, 8
"""Old enough for every onnxruntime since 2021."""
_OFFSET = np.int64(2**62)
"""Makes any sum positive, and is a multiple of whatever it is divided by."""
_LEAST, _MOST = -(2**15), 2**15 - 1
Shapes = Mapping[str, tuple[int, list[Any]]]
"""Types and shapes by name."""


class OnnxBackend:
    """A `Backend`."""

    def __init__(self, model: IntegerModel) -> None:
        self._session = session(graph(model, sparse=True).SerializeToString())

    def probabilities_of(self, rows: Ints, units: Ints, words: int) -> npt.NDArray[np.int32]:
        inputs = {"rows": rows[np.newaxis], "units": units[np.newaxis].astype(np.int32), "words": np.array([words])}
        shares: npt.NDArray[np.int32] = self._session.run(["probabilities"], inputs)[0]
        return shares


def session(serialised: bytes) -> onnxruntime.InferenceSession:
    """What runs a graph: one thread, for a command is too small to share."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    return onnxruntime.InferenceSession(serialised, options, providers=["CPUExecutionProvider"])


def graph(model: IntegerModel, *, sparse: bool) -> ModelProto:
    """The graph from `units` and (N,) `words` to int32 (N, C) `logits` and `probabilities`, those of `IntegerModel`.

    `units` is (N, b) int32; or, `sparse`, (N, K) with (N, K) int64 `rows` to say which, in any order, the rest of a
    shorter command filled up with units of 0.
    """
    nodes = _Nodes()
    weights = model.inputs.T
    inputs: Shapes = {"units": (INT32, ["N", weights.shape[0]]), "words": (INT64, ["N"])}
    if sparse:
        inputs = {"rows": (INT64, ["N", "K"]), "units": (INT32, ["N", "K"]), "words": (INT64, ["N"])}
        spoken = nodes("Unsqueeze", "units", np.array([1]))  # (N, 1, K)
        table = nodes("Cast", nodes("Gather", weights, "rows"), to=INT32)  # (N, K, H)
        sums = nodes("Squeeze", nodes("MatMul", spoken, table), np.array([1]))
    else:
        sums = nodes("MatMul", "units", nodes("Cast", weights, to=INT32))
    hidden = _hidden(nodes, model, nodes.scaled(sums, model.input_factors))
    sums = nodes("MatMul", hidden, nodes("Cast", model.outputs.T, to=INT32))
    limit = np.int64(2**31 - 1)
    logits = nodes.clipped(nodes.scaled(sums, model.output_factors, model.bias), -limit, limit)
    nodes("Cast", logits, to=INT32, name="logits")
    nodes("Cast", _softmax(nodes, logits), to=INT32, name="probabilities")
    return nodes.model(inputs, dict.fromkeys(("logits", "probabilities"), (INT32, ["N", len(model.bias)])))


def _hidden(nodes: _Nodes, model: IntegerModel, sums: str) -> str:
    root = nodes("Gather", rooted(), nodes.clipped("words", np.int64(1), np.int64(MAX_WORDS)))
    sums = nodes("Mul", sums, nodes("Unsqueeze", root, np.array([1])))
    least = np.int64(0 if model.activation == "relu" else _LEAST)
    hidden = nodes.clipped(nodes.shifted(sums, 15, model.hidden_bias), least, np.int64(_MOST))
    if model.activation == "tanh":
        table = tanh_of(np.arange(_LEAST, _MOST + 1)).astype(np.int16)
        hidden = nodes("Gather", table, nodes("Sub", hidden, least))
    return nodes("Cast", hidden, to=INT32)


def _softmax(nodes: _Nodes, logits: str) -> str:
    behind = nodes("Sub", nodes("ReduceMax", logits, axes=[1]), logits)
    places = nodes.clipped(behind, np.int64(0), np.int64(EXP_REACH - 1))
    exponentials = nodes("Cast", nodes("Gather", exp_of(np.arange(EXP_REACH)).astype(np.int16), places), to=INT64)
    total = nodes("ReduceSum", exponentials, np.array([1]))
    return nodes("Div", nodes("Mul", exponentials, np.int64(2**15)), total)


class _Nodes:
    """A graph that is being made: a call adds a node, and returns what its output is called."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def __call__(self, kind: str, *inputs: str | npt.NDArray[Any] | np.int64, name: str = "", **attributes: Any) -> str:
        names = [each if isinstance(each, str) else self._constant(np.array(each)) for each in inputs]
        output = name or f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def _constant(self, values: npt.NDArray[Any]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def scaled(self, sums: str, factors: Factors, plus: Ints | int = 0) -> str:
        """int32 `sums`, as int64, times `factors`, plus something."""
        product = self("Mul", self("Cast", sums, to=INT64), factors.multipliers.astype(np.int64))
        return self.shifted(product, factors.shifts, plus)

    def shifted(self, values: str, bits: Ints | int, plus: Ints | int = 0) -> str:
        """Right by `bits`, rounded to nearest, halves up, plus something."""
        divisor = np.left_shift(np.int64(1), np.asarray(bits, np.int64))
        quotient = self("Div", self("Add", values, _OFFSET + divisor // 2), divisor)
        return self("Add", quotient, np.asarray(plus, np.int64) - _OFFSET // divisor)

    def clipped(self, values: str, least: np.int64, most: np.int64) -> str:
        """`values` of int64, and at most and at least these."""
        values = self("Where", self("Less", values, most), values, most)
        return self("Where", self("Greater", values, least), values, least)

    def model(self, inputs: Shapes, outputs: Shapes) -> ModelProto:
        """The whole."""
        told, answered = (
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in each.items()]
            for each in (inputs, outputs)
        )
        whole = helper.make_graph(self._nodes, "safu", told, answered, self._constants)
        opset = helper.make_opsetid("", _OPSET)
        return helper.make_model(whole, opset_imports=[opset], ir_version=_IR, producer_name="safu")
