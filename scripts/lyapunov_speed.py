"""Times the Lyapunov exponents of an LSTM as a Python program computes them, for scripts/compare-stability.

Needs torch, safetensors and numpy. Usage:

    lyapunov_speed.py --write DIRECTORY [--hidden N] [--steps N] [--gain G]
    lyapunov_speed.py WEIGHTS.safetensors INPUT.npy [--steps N] [--threads N] [--chunk N]

The first form writes DIRECTORY/lstm.safetensors (weight_ih_l0, weight_hh_l0, bias_ih_l0 and bias_hh_l0 of an LSTM with
3 inputs, in single precision, uniform on ±1/√H as in PyTorch, the recurrent weights times G) and DIRECTORY/input.npy
([T, 3], normal, in single precision). The seed is fixed.

The second form computes in double precision all 2H exponents of the state (h, c), from zero, on that input: Jacobians
of torch.func.jacrev, of several steps at a time with vmap, and NumPy's QR at every step, from the identity. It prints
JSON:

    seconds                          of the whole computation, without reading the files and importing the modules
    processor_seconds                the same in time of the processor, which other programs affect less
    trajectory_seconds, jacobian_seconds, qr_seconds
    exponents, unit                  in nats per step, in the order of the columns of Q
    hidden_size, steps, threads, chunk, torch, numpy
"""

import argparse
import os
import pathlib

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("weights", nargs="?", type=pathlib.Path)
parser.add_argument("input", nargs="?", type=pathlib.Path)
parser.add_argument("--write", type=pathlib.Path, metavar="DIRECTORY", help="write the files instead")
parser.add_argument("--hidden", type=int, default=128, help="units of the LSTM that is written")
parser.add_argument("--gain", type=float, default=1, help="factor of the recurrent weights that are written")
parser.add_argument("--steps", type=int, help="steps to write (by default 500) or to run (by default all)")
parser.add_argument("--threads", type=int, default=1, help="of PyTorch and of NumPy's BLAS")
parser.add_argument("--chunk", type=int, default=10, help="steps whose Jacobians are computed at once")
arguments = parser.parse_args()
if (arguments.write is None) == (arguments.weights is None or arguments.input is None):
    parser.error("either --write DIRECTORY, or WEIGHTS and INPUT")
# NumPy's BLAS reads these when it is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = str(arguments.threads)

import json  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch.func import jacrev, vmap  # noqa: E402

INPUTS = 3


def write(folder, hidden, steps, gain):
    random = np.random.default_rng(1)
    shapes = {"weight_ih_l0": (4 * hidden, INPUTS), "weight_hh_l0": (4 * hidden, hidden),
              "bias_ih_l0": (4 * hidden,), "bias_hh_l0": (4 * hidden,)}
    weights = {name: random.uniform(-hidden**-0.5, hidden**-0.5, shape) for name, shape in shapes.items()}
    weights["weight_hh_l0"] *= gain
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: torch.from_numpy(weight).float() for name, weight in weights.items()}, folder / "lstm.safetensors")
    np.save(folder / "input.npy", random.standard_normal((steps, INPUTS)).astype(np.float32))


def make_step(weights):
    """Returns the map of the state (h, c), [2H], and the input, [I], to the next state."""
    W_ih, W_hh = weights["weight_ih_l0"], weights["weight_hh_l0"]
    bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]

    def step(state, x):
        h, c = state.chunk(2)
        i, f, g, o = (W_ih @ x + W_hh @ h + bias).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(c), c])

    return step


def exponents(weights, input, chunk):
    """Returns the exponents, and the seconds of each part."""
    seconds = dict.fromkeys(("trajectory", "jacobian", "qr"), 0.0)

    def timed(part, start):
        seconds[part] += time.perf_counter() - start

    start = time.perf_counter()
    step = make_step(weights)
    states = [torch.zeros(2 * weights["weight_hh_l0"].shape[1], dtype=input.dtype)]
    with torch.no_grad():
        for x in input[:-1]:
            states.append(step(states[-1], x))
    states = torch.stack(states)
    timed("trajectory", start)

    jacobians = vmap(jacrev(step))
    q, logs = np.eye(states.shape[1]), np.zeros(states.shape[1])
    for first in range(0, len(input), chunk):
        start = time.perf_counter()
        chunk_jacobians = jacobians(states[first:first + chunk], input[first:first + chunk]).numpy()
        timed("jacobian", start)
        start = time.perf_counter()
        for jacobian in chunk_jacobians:
            q, r = np.linalg.qr(jacobian @ q)
            diagonal = np.diag(r)
            q = q * np.where(diagonal < 0, -1, 1)
            with np.errstate(divide="ignore"):
                logs += np.log(np.abs(diagonal))
        timed("qr", start)
    return logs / len(input), seconds


def main():
    if arguments.write is not None:
        write(arguments.write, arguments.hidden, arguments.steps or 500, arguments.gain)
        return
    torch.set_num_threads(arguments.threads)
    weights = {name: weight.double() for name, weight in load_file(arguments.weights).items()}
    input = torch.from_numpy(np.load(arguments.input)).double()[:arguments.steps]
    start, processor_start = time.perf_counter(), time.process_time()
    found, parts = exponents(weights, input, arguments.chunk)
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor_start
    print(json.dumps({
        "seconds": round(seconds, 4), "processor_seconds": round(processor_seconds, 4),
        **{f"{part}_seconds": round(value, 4) for part, value in parts.items()},
        "exponents": found.tolist(), "unit": "nats per step", "hidden_size": weights["weight_hh_l0"].shape[1],
        "steps": len(input), "threads": arguments.threads, "chunk": arguments.chunk,
        "torch": torch.__version__, "numpy": np.__version__}))


if __name__ == "__main__":
    main()
