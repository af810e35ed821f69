"""MLX on the processor: its layers for the table's networks."""

from importlib.metadata import version as version_of

import mlx.core as mx
import mlx.nn as nn

import tensors as files

mx.set_default_device(mx.cpu)
version = version_of("mlx")


def perceptron(weights):
    def forward(weights, input, states):
        for name in ("first", "second", "third"):
            input = mx.addmm(weights[f"{name}.bias"], input, weights[f"{name}.weight"].T)
            if name != "third":
                input = nn.relu(input)
        return input
    return forward


def recurrent(kind):
    """The layer, called with the parameters as arguments. A GRU of MLX has one bias for the gates and one more for
    the candidate's product with the state; the others have one."""
    def make(weights):
        size, hidden = weights["weight_ih_l0"].shape[1], weights["weight_hh_l0"].shape[1]
        layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](size, hidden)

        def forward(weights, input, states):
            by_input, by_state = weights["bias_ih_l0"], weights["bias_hh_l0"]
            if kind == "gru":
                gates = mx.concatenate([by_state[:2 * hidden], mx.zeros(hidden)])
                values = {"Wx": weights["weight_ih_l0"], "Wh": weights["weight_hh_l0"], "b": by_input + gates,
                          "bhn": by_state[2 * hidden:]}
            elif kind == "lstm":
                values = {"Wx": weights["weight_ih_l0"], "Wh": weights["weight_hh_l0"], "bias": by_input + by_state}
            else:
                values = {"Wxh": weights["weight_ih_l0"], "Whh": weights["weight_hh_l0"], "bias": by_input + by_state}
            layer.update(values)
            output = layer(input, *states)
            return output[0] if kind == "lstm" else output
        return forward
    return make


networks = {"mlp": perceptron} | {kind: recurrent(kind) for kind in ("rnn", "lstm", "gru")}


def build(workload, step, tensors, threads):
    kind = workload.removeprefix("growth/").split("/")[0]
    if workload.endswith("/f64") or kind not in networks:
        raise NotImplementedError
    weights = {name: mx.array(value) for name, value in files.parameters(tensors).items()}
    states = [mx.array(value) for value in files.states(tensors)]

    def swapped(value):
        """MLX has the batch before the time."""
        return mx.array(value if kind == "mlp" else value.swapaxes(0, 1).copy())

    input, gradient = swapped(tensors["input"]), swapped(tensors["output_gradient"])
    mx.eval(weights, states, input, gradient)
    forward = networks[kind](weights)
    names = list(weights)

    def of_arrays(*arrays):
        count = len(names)
        return forward(dict(zip(names, arrays[:count])), arrays[count], list(arrays[count + 1:]))

    def with_gradients(gradient, *arrays):
        outputs, gradients = mx.vjp(lambda *arrays: [of_arrays(*arrays)], arrays, [gradient])
        return [*outputs, *gradients]

    arguments = [*weights.values(), input, *states]
    compiled = mx.compile(of_arrays if step == "forward" else with_gradients)

    def run_forward():
        output = compiled(*arguments)
        mx.eval(output)
        return output

    def run_both():
        found = compiled(gradient, *arguments)
        mx.eval(found)
        return found

    def in_order(value):
        return value if kind == "mlp" else value.swapaxes(0, 1)

    if step == "forward":
        return run_forward, lambda: {"output": in_order(run_forward())}

    def results():
        output, *gradients = run_both()
        found = {f"gradient.{name}": value for name, value in zip(names, gradients)}
        found |= {f"gradient.state{i}": value for i, value in enumerate(gradients[len(names) + 1:])}
        return found | {"output": in_order(output), "gradient.input": in_order(gradients[len(names)])}

    return run_both, results
