"""The networks of the workloads in PyTorch, with their parameters under the same names."""

from collections import OrderedDict

import torch
from torch import nn

from tensors import parameters, states


class Model:
    """A module of one input."""

    states = []

    def __init__(self, module, tensors):
        self.module = module
        found = parameters(tensors)
        for name, parameter in module.named_parameters():
            parameter.data = found[name].clone()

    def __call__(self, input):
        return self.module(input)

    def state_gradients(self):
        return []


class Attention(Model):
    def __call__(self, input):
        return self.module(input, input, input, need_weights=False)[0]


class Recurrent(Model):
    """One layer of torch.nn.RNN, LSTM or GRU in one or both directions, with an initial state."""

    def __init__(self, kind, tensors):
        weight = tensors["parameter.weight_hh_l0"]
        self.directions = 2 if "parameter.weight_hh_l0_reverse" in tensors else 1
        super().__init__(
            {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](
                tensors["parameter.weight_ih_l0"].shape[1], weight.shape[1], bidirectional=self.directions == 2,
                dtype=weight.dtype),
            tensors)
        self.module.flatten_parameters()
        # The states of one direction follow each other: h, and in an LSTM c.
        given = states(tensors)
        self.states = [torch.stack(given[i::len(given) // self.directions]).requires_grad_()
                       for i in range(len(given) // self.directions)]
        self.lengths = tensors["lengths"].long() if "lengths" in tensors else None

    def __call__(self, input):
        state = tuple(self.states) if len(self.states) == 2 else self.states[0]
        if self.lengths is None:
            return self.module(input, state)[0]
        packed = nn.utils.rnn.pack_padded_sequence(input, self.lengths, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(self.module(packed, state)[0], total_length=len(input))[0]

    def state_gradients(self):
        return [state.grad[direction] for direction in range(self.directions) for state in self.states]


def linear(weight):
    return nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)


def perceptron(tensors):
    layers = OrderedDict()
    for name in ("first", "second", "third"):
        layers[name] = linear(tensors[f"parameter.{name}.weight"])
        if name != "third":
            layers[name + "_relu"] = nn.ReLU()
    return Model(nn.Sequential(layers), tensors)


def convolution(weight, groups=1):
    return nn.Conv2d(weight.shape[1] * groups, weight.shape[0], weight.shape[2:], padding=1, groups=groups)


def convolutions(tensors):
    first, second = (convolution(tensors[f"parameter.{i}.weight"]) for i in (0, 2))
    return Model(nn.Sequential(first, nn.ReLU(), second), tensors)


def depthwise(tensors):
    weight = tensors["parameter.weight"]
    return Model(convolution(weight, groups=len(weight)), tensors)


def attention(tensors, heads):
    size = tensors["input"].shape[-1]
    return Attention(nn.MultiheadAttention(size, heads, batch_first=True), tensors)


def layer_norm(tensors):
    return Model(nn.LayerNorm(tensors["input"].shape[-1]), tensors)


def batch_norm(tensors):
    # Without running statistics, which the workload does not update.
    return Model(nn.BatchNorm2d(tensors["input"].shape[1], track_running_stats=False), tensors)


def build(workload, tensors):
    parts = workload.removeprefix("growth/").split("/")
    match parts[0].removeprefix("bidirectional-").removeprefix("ragged-"):
        case "mlp":
            return perceptron(tensors)
        case "conv":
            return convolutions(tensors)
        case "depthwise":
            return depthwise(tensors)
        case "attention":
            return attention(tensors, int(parts[-1].removeprefix("heads")))
        case "layernorm":
            return layer_norm(tensors)
        case "batchnorm":
            return batch_norm(tensors)
        case "rnn" | "lstm" | "gru" as kind:
            return Recurrent(kind, tensors)
    raise NotImplementedError
