"""The workloads without a model in PyTorch: products, spectral radii, Lyapunov exponents, and steps of a stream."""

import torch
from torch import nn
from torch.func import jacrev, vmap

from tensors import parameters


def routine(run):
    return run, lambda: {"output": run().numpy()}


def matmul(_, tensors):
    a, b = tensors["a"], tensors["b"]
    return routine(lambda: a @ b)


def spectral_radius(_, tensors):
    matrix = tensors["input"]
    return routine(lambda: torch.linalg.eigvals(matrix).abs().max())


def stream(workload, tensors):
    """One step of a sample. The results are those of the first steps of the sequence."""
    input, kind = tensors["input"], workload.split("/")[1]
    hidden = tensors["parameter.weight_hh_l0"].shape[1]
    cell = {"lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](input.shape[2], hidden)
    for name, value in parameters(tensors).items():
        getattr(cell, name.removesuffix("_l0")).data = value.clone()
    steps = list(input)
    zero = torch.zeros(1, hidden)
    state, t = None, -1

    @torch.inference_mode()
    def run():
        nonlocal state, t
        t = (t + 1) % len(steps)
        state = cell(steps[t], state)
        return state[0] if kind == "lstm" else state

    def results():
        nonlocal state, t
        state, t = (zero, zero) if kind == "lstm" else zero, -1
        return {"output": torch.stack([run() for _ in steps]).numpy()}

    return run, results


def lyapunov(_, tensors, chunk=10):
    """All exponents of an LSTM: Jacobians of several steps at a time, and a QR decomposition at every step. The first
    tenth of the steps turns the basis."""
    weights = parameters(tensors)
    W_ih, W_hh = weights["weight_ih_l0"], weights["weight_hh_l0"]
    bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
    input, basis = tensors["input"], tensors["basis"]

    def step(state, x):
        h, c = state.chunk(2)
        i, f, g, o = (W_ih @ x + W_hh @ h + bias).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c])

    jacobians = vmap(jacrev(step))

    @torch.no_grad()
    def run():
        states = [torch.zeros(len(basis), dtype=basis.dtype)]
        for x in input:
            states.append(step(states[-1], x))
        states = torch.stack(states[:-1])
        q = torch.linalg.qr(basis)[0]
        transient = len(input) // 10
        sums = torch.zeros(len(basis), dtype=basis.dtype)
        for start in range(0, len(input), chunk):
            for t, jacobian in enumerate(jacobians(states[start:start + chunk], input[start:start + chunk]), start):
                q, r = torch.linalg.qr(jacobian @ q)
                if t >= transient:
                    sums += r.diagonal().abs().log()
        return sums / (len(input) - transient)

    return routine(run)


routines = {"matmul": matmul, "spectral_radius": spectral_radius, "step": stream, "lyapunov": lyapunov}
