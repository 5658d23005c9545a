"""The slow model as a full-int8 `.tflite` file, and LiteRT that runs it.

The file is written with the classes of the file format's own schema, which the package ships: a fully connected layer,
tanh, a fully connected layer, from (1, b) int8 to (1, C) int8 logits. What the eight bits mean, and how close they are,
is in `eight_bits.py`. The softmax stays outside: of eight bits it would know nothing below 1/256. Left out: files for
others (`firmware_export/tflite_model.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from device.backends.eight_bits import (
    HIDDEN_SCALE,
    INPUT_SCALE,
    INPUT_ZERO,
    SUM_SCALE,
    EightBits,
    Int8,
    Layer,
)
from device.safu.integer_reference import IntegerModel, Ints, softmax_of

_INT8, _INT32 = schema.TensorType.INT8, schema.TensorType.INT32
_IDENTIFIER, _VERSION = b"TFL3", 3
_CONNECTED, _TANH = 0, 1
"""Places among the file's operations."""


class LiteRtBackend:
    """A `Backend`. Raises `BackendError` for a model that eight bits do not hold."""

    def __init__(self, model: IntegerModel) -> None:
        self._eight_bits = EightBits.of(model)
        self._runtime = Runtime(flat_file(self._eight_bits))
        self._silence = np.full(model.inputs.shape[1], INPUT_ZERO, np.int8)

    def probabilities_of(self, rows: Ints, units: Ints, words: int) -> npt.NDArray[np.int32]:
        inputs = self._silence.copy()
        inputs[rows] = self._eight_bits.inputs(units, words)
        return softmax_of(self._eight_bits.integers(self._runtime.logits(inputs)))


class Runtime:
    """LiteRT with one file, one command at a time."""

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def logits(self, inputs: Int8) -> Int8:
        """(1, C) of (b,) inputs."""
        self._interpreter.set_tensor(self._input, inputs[np.newaxis])
        self._interpreter.invoke()
        logits: Int8 = self._interpreter.get_tensor(self._output)
        return logits


def flat_file(model: EightBits) -> bytes:
    """The content of a `.tflite` file."""
    tensors = _Tensors()
    units, width = model.hidden.weights.shape
    inputs = tensors.add("units", [1, width], _INT8, INPUT_SCALE, INPUT_ZERO)
    sums = tensors.add("sums", [1, units], _INT8, SUM_SCALE)
    hidden = tensors.add("hidden", [1, units], _INT8, HIDDEN_SCALE)
    logits = tensors.add("logits", [1, len(model.output.bias)], _INT8, model.logit_scale, model.logit_zero)
    graph = schema.SubGraphT()
    graph.name = b"safu"
    graph.operators = [
        _operator(_CONNECTED, [inputs, *tensors.add_layer("hidden", model.hidden, INPUT_SCALE)], sums),
        _operator(_TANH, [sums], hidden),
        _operator(_CONNECTED, [hidden, *tensors.add_layer("output", model.output, HIDDEN_SCALE)], logits),
    ]
    graph.tensors, graph.inputs, graph.outputs = tensors.tensors, [inputs], [logits]
    whole = schema.ModelT()
    whole.version, whole.description = _VERSION, b"safu"
    whole.subgraphs, whole.buffers = [graph], tensors.buffers
    operations = schema.BuiltinOperator
    whole.operatorCodes = [_code(operations.FULLY_CONNECTED, version=4), _code(operations.TANH, version=2)]
    builder = flatbuffers.Builder()
    builder.Finish(whole.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


class _Tensors:
    """Tensors and their numbers, as they are added; buffer 0 stands for none."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self.buffers: list[Any] = [schema.BufferT()]

    def add(
        self,
        name: str,
        shape: Sequence[int],
        kind: int,
        scales: npt.ArrayLike,
        zero: int = 0,
        values: npt.NDArray[Any] | None = None,
    ) -> int:
        """Its place. `scales`: one, or one for each of the first dimension."""
        tensor, steps = schema.TensorT(), schema.QuantizationParametersT()
        steps.scale = np.atleast_1d(np.asarray(scales, np.float32))
        steps.zeroPoint = np.full(len(steps.scale), zero, np.int64)
        tensor.name, tensor.shape, tensor.type, tensor.quantization = name.encode(), list(shape), kind, steps
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def add_layer(self, name: str, layer: Layer, input_scale: np.float32) -> list[int]:
        """The places of weights and bias."""
        return [
            self.add(f"{name} weights", layer.weights.shape, _INT8, layer.scales, values=layer.weights),
            self.add(f"{name} bias", layer.bias.shape, _INT32, input_scale * layer.scales, values=layer.bias),
        ]


def _operator(code: int, inputs: Sequence[int], output: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, list(inputs), [output]
    if code == _CONNECTED:
        operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
        operator.builtinOptions = schema.FullyConnectedOptionsT()
    return operator


def _code(operation: int, version: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = operation
    code.version = version
    return code
