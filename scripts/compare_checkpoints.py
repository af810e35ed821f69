"""The PyTorch part of scripts/compare-checkpoints: exchanges models with a Swift program in both directions.

Usage: compare_checkpoints.py [--seed N] [--keep DIRECTORY] PROGRAM [ARGUMENT ...]

For every model of scripts/fixtures/checkpoint_models.py with new random weights, in single and in double precision, it
saves DIRECTORY/NAME.pt with torch.save, a dictionary with these tensors:

    state_dict          OrderedDict, the module's state_dict. Its tensors have separate storages if the module's number
                        in models.json is even, and otherwise are views of one storage, except integers
    input               RNN, LSTM, GRU: [T, B, I]; cells: [B, I]; MultiheadAttention: [B, T, E], for queries, keys and
                        values; Linear, LayerNorm: features last; Conv2d, BatchNorm2d: [B, C, H, W]; Embedding: int64
    hidden, cell        the previous states [B, H] of cells (cell only for LSTMCell). RNN, LSTM and GRU begin with 0.
    output              Bidirectional networks have the outputs of both directions side by side: [T, B, 2H].
    cell_output         the new cell state, only for LSTMCell
    output_gradient     the gradient of the loss with respect to the output; likewise cell_output_gradient
    input_gradient      the gradient of the loss with respect to the input (not for Embedding); likewise
                        hidden_gradient and cell_gradient
    grad.PARAMETER      the gradient with respect to each parameter of the state_dict

BatchNorm2d has these results in evaluation. Results of a pass in training on another input have the same names after
"training_", and training_state_dict is the state_dict after that pass.

DIRECTORY/models.json is a list of objects with "name" (NAME), "number", "kind" (the class in torch.nn), "dtype"
("float32" or "float64") and "options" (the arguments of the class's initializer, such as num_layers; arguments not
there have PyTorch's default values).

Then it runs PROGRAM ARGUMENT ... DIRECTORY. For each NAME in models.json, the program reads NAME.pt, computes in the
precision of the file with the weights and inputs it found there, and writes NAME.swift.safetensors with

    state_dict.KEY      for every KEY in state_dict: the model, saved again under PyTorch's names
    output, input_gradient, cell_output, hidden_gradient, cell_gradient, grad.PARAMETER
    training_...        for BatchNorm2d: the results of the pass in training, as above, and training_state_dict.KEY
                        for the model after it

that is, every tensor of NAME.pt but the inputs and the output gradients. Other tensors are not allowed.

A model passes if load_state_dict(strict=True) accepts state_dict, all of its tensors have the type, shape and bits of
the original ones, and all other tensors differ from PyTorch's by at most 1e-6 (float32) or 1e-12 (float64) of the
scale. The scale is the largest magnitude in all gradients of the pass for a gradient, and in PyTorch's tensor and the
input for others: a sum of nearly opposite terms has the rounding errors of the terms. The exit status is 1 if a model
fails.
"""

import argparse
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).parent / "fixtures"))
from checkpoint_models import flattened, make, models, record  # noqa: E402
from fixture_files import Draws  # noqa: E402

TOLERANCES = {torch.float32: 1e-6, torch.float64: 1e-12}
INPUTS = ("input", "hidden", "cell", "output_gradient", "cell_output_gradient")
NOT_WRITTEN = {"state_dict", "training_state_dict", *INPUTS, *(f"training_{name}" for name in INPUTS)}


def write(folder, seed):
    """Writes the .pt files and models.json, and returns [(description, recorded tensors)]."""
    result = []
    for dtype in TOLERANCES:
        for name, (kind, options, shape) in models().items():
            number = len(result)
            draws = Draws([seed, number])
            module = make(kind, options, dtype, draws)
            # Unlike the short weights of the fixtures, these have all bits. With this scale, PyTorch's results
            # in single precision differed from those in double precision by at most 6.4e-7 in 100 runs.
            for parameter in module.parameters():
                parameter.data = draws.normal(*parameter.shape, scale=0.3).to(dtype)
            recorded = record(module, shape, dtype, draws)
            checkpoint = dict(recorded)
            if number % 2 and checkpoint["state_dict"]:
                checkpoint["state_dict"] = flattened(checkpoint["state_dict"])
            dtype_name = str(dtype).removeprefix("torch.")
            description = {"name": f"{name}_{dtype_name}", "number": number, "kind": kind, "dtype": dtype_name,
                           "options": options}
            torch.save(checkpoint, folder / f"{description['name']}.pt")
            result.append((description, recorded))
    (folder / "models.json").write_text(json.dumps([description for description, _ in result], indent=1))
    return result


def bits(tensor):
    return tensor.dtype, tensor.shape, tensor.contiguous().reshape(-1).view(torch.uint8).tolist()


def state_failure(state, found, description):
    """Returns why `found` is not the state dict `state`, or nothing."""
    dtype = getattr(torch, description["dtype"])
    module = getattr(torch.nn, description["kind"])(**description["options"]).to(dtype)
    try:
        module.load_state_dict(found, strict=True)
    except RuntimeError as error:
        return str(error).replace("\n", " ")
    # The types are compared in the file, because load_state_dict converts them.
    different = [key for key, value in state.items() if bits(value) != bits(found[key])]
    loaded = [key for key, value in module.state_dict().items() if bits(value) != bits(state[key])]
    return f"not equal: {', '.join(sorted({*different, *loaded}))}" if different or loaded else None


def scale(name, tensors):
    """Returns the scale of a tensor's difference."""
    training = "training_" if name.startswith("training_") else ""
    if "grad" in name:
        names = [other for other in tensors if "grad" in other and other.startswith("training_") == bool(training)]
    else:
        names = [name] + [f"{training}input"] * tensors["input"].is_floating_point()
    return max(tensors[other].abs().max().item() for other in names)


def largest_difference(expected, found, recorded, tolerance):
    worst = (0.0, "", None)
    for name, value in expected.items():
        if found[name].dtype != value.dtype or found[name].shape != value.shape:
            return 0, name, f"{found[name].dtype} {list(found[name].shape)}, not {value.dtype} {list(value.shape)}"
        difference = (found[name].double() - value.double()).abs().max().item()
        relative = difference / (scale(name, recorded | expected) or 1)
        # NaN fails.
        if not relative <= tolerance:
            return relative, name, f"more than {tolerance}"
        worst = max(worst, (relative, name, None), key=lambda item: item[0])
    return worst


def check(folder, description, recorded):
    """Returns the largest relative difference, the name of its tensor, and why the model fails, or nothing."""
    file = folder / f"{description['name']}.swift.safetensors"
    if not file.exists():
        return 0, "", f"{file.name} is missing"
    try:
        found = load_file(file)
    except Exception as error:
        return 0, "", f"{file.name}: {error}"
    state = {name: found.pop(name) for name in list(found) if name.startswith("state_dict.")}
    state = {name.removeprefix("state_dict."): value for name, value in state.items()}
    if reason := state_failure(recorded["state_dict"], state, description):
        return 0, "", reason
    expected = {name: value for name, value in recorded.items() if name not in NOT_WRITTEN}
    # Its running statistics are results.
    after = recorded.get("training_state_dict", {})
    expected |= {f"training_state_dict.{name}": value for name, value in after.items()}
    if set(found) != set(expected):
        missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
        return 0, "", f"missing: {missing}, not allowed: {more}"
    return largest_difference(expected, found, recorded, TOLERANCES[getattr(torch, description["dtype"])])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="of the weights and inputs; by default a new one")
    parser.add_argument("--keep", type=pathlib.Path, help="a new directory for the files, which remain")
    parser.add_argument("program", nargs="+")
    arguments = parser.parse_args()
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary) / "models"
        # A program that writes nothing must not pass with the files of an earlier run.
        folder.mkdir(parents=True)
        print(f"PyTorch {torch.__version__}, seed {seed}")
        written = write(folder, seed)
        status = subprocess.run([*arguments.program, str(folder)]).returncode
        failures = 0
        print(f"{'model':45} {'difference':>10}  largest in")
        for description, recorded in written:
            difference, name, failure = check(folder, description, recorded)
            failures += failure is not None
            print(f"{description['name']:45} {difference:10.1e}  {name}{f'  FAILED: {failure}' if failure else ''}")
    print(f"{len(written) - failures} of {len(written)} models agree.")
    if status != 0:
        print(f"The program ended with the status {status}.")
    sys.exit(1 if failures or status else 0)


if __name__ == "__main__":
    main()
