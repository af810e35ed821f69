"""TensorFlow with tf.function: the layers of Keras for the table's networks."""

import numpy
import tensorflow as tf

import tensors as files

version = tf.__version__


def perceptron(weights):
    layers = [tf.keras.layers.Dense(len(weights[f"{name}.bias"]), activation=None if name == "third" else "relu")
              for name in ("first", "second", "third")]
    model = tf.keras.Sequential(layers)
    model.build((None, weights["first.weight"].shape[1]))
    for layer, name in zip(layers, ("first", "second", "third")):
        layer.set_weights([weights[f"{name}.weight"].T, weights[f"{name}.bias"]])
    names = [f"{name}.{part}" for name in ("first", "second", "third") for part in ("weight", "bias")]
    return (lambda input, states: model(input)), model, lambda gradients: dict(zip(names, map(transposed, gradients)))


def transposed(gradient):
    return gradient.numpy().T


def reset_first(rows):
    """Exchanges the reset and update gates of a GRU, which Keras has in the other order."""
    reset, update, rest = numpy.split(rows, 3)
    return numpy.concatenate([update, reset, rest])


def recurrent(kind):
    def make(weights):
        hidden = weights["weight_hh_l0"].shape[1]
        layer = {"rnn": tf.keras.layers.SimpleRNN, "lstm": tf.keras.layers.LSTM, "gru": tf.keras.layers.GRU}[kind](
            hidden, return_sequences=True)
        order = reset_first if kind == "gru" else lambda rows: rows
        matrices = [order(weights[name]).T for name in ("weight_ih_l0", "weight_hh_l0")]
        biases = [order(weights[name]) for name in ("bias_ih_l0", "bias_hh_l0")]
        layer.build((None, None, weights["weight_ih_l0"].shape[1]))
        layer.set_weights([*matrices, numpy.stack(biases) if kind == "gru" else biases[0] + biases[1]])

        def named(gradients):
            by_input, by_state, by_bias = (value.numpy() for value in gradients)
            pair = by_bias if kind == "gru" else (by_bias, by_bias)
            return {"weight_ih_l0": order(by_input.T), "weight_hh_l0": order(by_state.T),
                    "bias_ih_l0": order(pair[0]), "bias_hh_l0": order(pair[1])}

        def forward(input, states):
            return layer(input, initial_state=states if len(states) == 2 else states[0])
        return forward, layer, named
    return make


networks = {"mlp": perceptron} | {kind: recurrent(kind) for kind in ("rnn", "lstm", "gru")}


def build(workload, step, tensors, threads, xla=False):
    kind = workload.removeprefix("growth/").split("/")[0]
    if workload.endswith("/f64") or kind not in networks:
        raise NotImplementedError
    if tf.config.threading.get_intra_op_parallelism_threads() != threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    forward, layer, named = networks[kind](files.parameters(tensors))
    variables = layer.trainable_variables
    states = [tf.constant(value) for value in files.states(tensors)]

    def swapped(value):
        """Keras has the batch before the time."""
        return tf.constant(value if kind == "mlp" else value.swapaxes(0, 1).copy())

    input, gradient = swapped(tensors["input"]), swapped(tensors["output_gradient"])

    @tf.function(jit_compile=xla)
    def run_forward(input, states):
        return forward(input, states)

    @tf.function(jit_compile=xla)
    def run_both(input, states, gradient):
        with tf.GradientTape() as tape:
            tape.watch([input, *states])
            output = forward(input, states)
        return output, tape.gradient(output, [input, *states, *variables], output_gradients=gradient)

    def in_order(value):
        return value.numpy() if kind == "mlp" else value.numpy().swapaxes(0, 1)

    if step == "forward":
        # Reading the result waits for it.
        return lambda: run_forward(input, states).numpy(), lambda: {"output": in_order(run_forward(input, states))}

    def results():
        output, (by_input, *others) = run_both(input, states, gradient)
        found = {"output": in_order(output), "gradient.input": in_order(by_input)}
        found |= {f"gradient.state{i}": value.numpy() for i, value in enumerate(others[:len(states)])}
        return found | {f"gradient.{name}": value for name, value in named(others[len(states):]).items()}

    return lambda: run_both(input, states, gradient)[0].numpy(), results
