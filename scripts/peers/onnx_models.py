"""The table's networks as ONNX graphs, for the peers that read them. They have a forward pass only."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import tensors as files


def build(workload, step, tensors):
    """Returns a model as bytes, and its inputs by name. Its output is called "output"."""
    kind = workload.removeprefix("growth/").split("/")[0]
    if step != "forward" or workload.endswith("/f64") or kind not in ("mlp", "rnn", "lstm", "gru"):
        raise NotImplementedError
    weights = files.parameters(tensors)
    inputs = {"input": tensors["input"]}
    if kind == "mlp":
        nodes, constants = perceptron(weights)
    else:
        nodes, constants = recurrent(kind, weights)
        inputs |= {f"state{i}": value[None] for i, value in enumerate(files.states(tensors))}
    graph = helper.make_graph(
        nodes, kind, [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
                      for name, value in inputs.items()],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, tensors["output"].shape)],
        [numpy_helper.from_array(numpy.ascontiguousarray(value), name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString(), inputs


def perceptron(weights):
    nodes, last = [], "input"
    for name in ("first", "second", "third"):
        sum = "output" if name == "third" else f"{name}.sum"
        nodes.append(helper.make_node("Gemm", [last, f"{name}.weight", f"{name}.bias"], [sum], transB=1))
        if name != "third":
            nodes.append(helper.make_node("Relu", [sum], [f"{name}.active"]))
            last = f"{name}.active"
    return nodes, weights


def recurrent(kind, weights):
    # The order of ONNX's gates in that of PyTorch: i o f c of i f g o, and z r h of r z n.
    order = {"rnn": [0], "lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}[kind]

    def ordered(name):
        parts = numpy.split(weights[name], len(order))
        return numpy.concatenate([parts[i] for i in order])

    constants = {"W": ordered("weight_ih_l0")[None], "R": ordered("weight_hh_l0")[None],
                 "B": numpy.concatenate([ordered("bias_ih_l0"), ordered("bias_hh_l0")])[None],
                 "direction": numpy.array([1])}
    states = ["state0", "state1"] if kind == "lstm" else ["state0"]
    attributes = {"linear_before_reset": 1} if kind == "gru" else {}
    node = helper.make_node(
        kind.upper(), ["input", "W", "R", "B", "", *states], ["sequence"],
        hidden_size=weights["weight_hh_l0"].shape[1], **attributes)
    return [node, helper.make_node("Squeeze", ["sequence", "direction"], ["output"])], constants
