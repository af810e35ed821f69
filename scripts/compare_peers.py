"""The PyTorch part of scripts/compare-peers, and its table."""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import torch


def load(folder):
    return {path.name[:-4]: torch.from_numpy(numpy.load(path)) for path in sorted(folder.glob("*.npy"))}


class Perceptron:
    """Three linear layers with ReLU between them, like the workload mlp."""

    def __init__(self, tensors):
        names = ["first", "second", "third"]
        layers = []
        for name in names:
            weight, bias = tensors[f"parameter.{name}.weight"], tensors[f"parameter.{name}.bias"]
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
            layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
            layers += [layer, torch.nn.ReLU()]
        self.module = torch.nn.Sequential(*layers[:-1])
        self.names = [f"{name}.{part}" for name in names for part in ("weight", "bias")]
        self.states = []

    def __call__(self, input):
        return self.module(input)


class Recurrent:
    """One layer of torch.nn.RNN, LSTM or GRU with an initial state."""

    def __init__(self, kind, tensors):
        weight = tensors["parameter.weight_ih_l0"]
        hidden = tensors["parameter.weight_hh_l0"].shape[1]
        self.module = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](weight.shape[1], hidden)
        self.names = [name for name, _ in self.module.named_parameters()]
        for name, parameter in self.module.named_parameters():
            parameter.data = tensors[f"parameter.{name}"].clone()
        self.states = [tensors[key].unsqueeze(0).requires_grad_() for key in ("state0", "state1") if key in tensors]

    def __call__(self, input):
        state = tuple(self.states) if len(self.states) == 2 else self.states[0]
        return self.module(input, state)[0]


def check(name, tensors, model, input, gradient):
    """Returns the largest difference relative to the largest element, over the output and all gradients."""
    output = model(input)
    output.backward(gradient)
    found = {"output": output, "gradient.input": input.grad}
    found |= {f"gradient.state{i}": state.grad for i, state in enumerate(model.states)}
    found |= {f"gradient.{n}": p.grad for n, p in zip(model.names, model.module.parameters())}
    worst = 0.0
    for key, value in found.items():
        expected = tensors[key].reshape(value.shape)
        worst = max(worst, ((value - expected).abs().max() / expected.abs().max()).item())
    if not worst < 1e-3:
        raise SystemExit(f"{name}: the results have a relative difference of {worst:.1e}; not timed")
    return worst


def median_ms(run, seconds):
    run()
    run()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or not times:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def ours(benchmark, name, threads, seconds):
    text = subprocess.run(
        [benchmark, "--filter", name, "--threads", str(threads), "--seconds", str(seconds), "--format", "json"],
        check=True, capture_output=True, text=True).stdout
    return {row["pass"]: row["median_ms"] for row in json.loads(text)["results"] if row["workload"] == name}


def peers(model, input, gradient, seconds):
    def forward():
        with torch.no_grad():
            model(input)

    def both():
        model.module.zero_grad(set_to_none=True)
        input.grad = None
        for state in model.states:
            state.grad = None
        model(input).backward(gradient)

    return {"forward": median_ms(forward, seconds), "forward_backward": median_ms(both, seconds)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("benchmark")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--filter", default="/b")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.benchmark, "--filter", options.filter, "--export", folder], check=True)
        root = pathlib.Path(folder)
        names = sorted({str(path.parent.relative_to(root)) for path in root.rglob("input.npy")})
        names = [name for name in names if name.startswith(("mlp/", "rnn/", "lstm/", "gru/")) and "/f64" not in name]
        print(f"torch {torch.__version__}; times in ms, medians; ratio = torch / backflow\n")
        print(f"{'workload':26}{'pass':18}{'threads':>8}{'backflow':>11}{'torch':>11}{'ratio':>8}{'difference':>12}")
        for threads in (1, 2):
            torch.set_num_threads(threads)
            for name in names:
                tensors = load(root / name)
                kind = name.split("/")[0]
                model = Perceptron(tensors) if kind == "mlp" else Recurrent(kind, tensors)
                input = tensors["input"].clone().requires_grad_()
                difference = check(name, tensors, model, input, tensors["output_gradient"])
                # Interleaved, so that other load affects both.
                rounds = [(ours(options.benchmark, name, threads, options.seconds / 2),
                           peers(model, input, tensors["output_gradient"], options.seconds / 2)) for _ in range(2)]
                for step in ("forward", "forward_backward"):
                    a, b = min(r[0][step] for r in rounds), min(r[1][step] for r in rounds)
                    print(f"{name:26}{step:18}{threads:8}{a:11.4f}{b:11.4f}{b / a:8.2f}{difference:12.1e}", flush=True)


main()
