"""JAX with jit: the passes of the table's networks, and of some layers."""

import os
import sys

# One thread means that XLA computes in the calling thread.
if sys.argv[2:3] == ["1"]:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import jax  # noqa: E402
import jax.numpy as np  # noqa: E402
from jax import lax  # noqa: E402

import tensors as files  # noqa: E402

version = jax.__version__


def perceptron(weights, input, states):
    for name in ("first", "second", "third"):
        input = input @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
        if name != "third":
            input = jax.nn.relu(input)
    return input


def rnn_step(weights, x, h):
    h = np.tanh(x + h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"])
    return h, h


def lstm_step(weights, x, state):
    h, c = state
    i, f, g, o = np.split(x + h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"], 4, axis=1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * np.tanh(g)
    h = jax.nn.sigmoid(o) * np.tanh(c)
    return (h, c), h


def gru_step(weights, x, h):
    r, z, n = np.split(x, 3, axis=1)
    u, v, m = np.split(h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"], 3, axis=1)
    r, z = jax.nn.sigmoid(r + u), jax.nn.sigmoid(z + v)
    h = (1 - z) * np.tanh(n + r * m) + z * h
    return h, h


def recurrent(step):
    def network(weights, input, states):
        # The products with the input of all steps at once.
        products = input @ weights["weight_ih_l0"].T + weights["bias_ih_l0"]
        state = tuple(states) if len(states) == 2 else states[0]
        return lax.scan(lambda state, x: step(weights, x, state), state, products)[1]
    return network


def convolve(weight, bias, input, groups=1):
    return lax.conv_general_dilated(
        input, weight, (1, 1), "SAME", feature_group_count=groups,
        dimension_numbers=("NCHW", "OIHW", "NCHW")) + bias[:, None, None]


def convolutions(weights, input, states):
    hidden = jax.nn.relu(convolve(weights["0.weight"], weights["0.bias"], input))
    return convolve(weights["2.weight"], weights["2.bias"], hidden)


def depthwise(weights, input, states):
    return convolve(weights["weight"], weights["bias"], input, groups=len(weights["bias"]))


def normalize(x, axes):
    centered = x - x.mean(axes, keepdims=True)
    return centered * lax.rsqrt((centered * centered).mean(axes, keepdims=True) + 1e-5)


def layer_norm(weights, input, states):
    return normalize(input, 1) * weights["weight"] + weights["bias"]


def batch_norm(weights, input, states):
    return normalize(input, (0, 2, 3)) * weights["weight"][:, None, None] + weights["bias"][:, None, None]


networks = {"mlp": perceptron, "rnn": recurrent(rnn_step), "lstm": recurrent(lstm_step), "gru": recurrent(gru_step),
            "conv": convolutions, "depthwise": depthwise, "layernorm": layer_norm, "batchnorm": batch_norm}


def build(workload, step, tensors, threads):
    kind = workload.removeprefix("growth/").split("/")[0]
    if workload.endswith("/f64") or kind not in networks:
        raise NotImplementedError
    weights = {name: np.asarray(value) for name, value in files.parameters(tensors).items()}
    states = [np.asarray(value) for value in files.states(tensors)]
    input, gradient = np.asarray(tensors["input"]), np.asarray(tensors["output_gradient"])
    forward = jax.jit(networks[kind])

    @jax.jit
    def both(weights, input, states, gradient):
        output, pull_back = jax.vjp(networks[kind], weights, input, states)
        return output, pull_back(gradient)

    if step == "forward":
        return (lambda: jax.block_until_ready(forward(weights, input, states)),
                lambda: {"output": forward(weights, input, states)})

    def results():
        output, (by_weights, by_input, by_states) = both(weights, input, states, gradient)
        return ({"output": output, "gradient.input": by_input}
                | {f"gradient.{name}": value for name, value in by_weights.items()}
                | {f"gradient.state{i}": value for i, value in enumerate(by_states)})

    return lambda: jax.block_until_ready(both(weights, input, states, gradient)), results
