"""The tensors that backflow-benchmark has exported, and the comparison of results with them."""

import pathlib

import numpy

# Rounding errors of single precision, in sums of a different order, are far smaller; a wrong formula causes far
# larger differences.
TOLERANCE = 1e-4


def load(folder):
    """Returns the arrays of a workload by name."""
    return {path.name[:-4]: numpy.load(path) for path in sorted(pathlib.Path(folder).glob("*.npy"))}


def parameters(tensors, prefix=""):
    """Returns the parameters by name, of the part of the model whose names begin with the prefix."""
    start = "parameter." + prefix
    return {key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)}


def states(tensors):
    """Returns the initial states of a recurrent network, in order."""
    return [tensors[key] for key in sorted(tensors) if key.startswith("state")]


def difference(results, tensors):
    """Returns the largest difference of the results relative to the largest element of each."""
    worst = 0.0
    for key, value in results.items():
        expected = tensors[key].astype(numpy.float64)
        found = numpy.asarray(value, dtype=numpy.float64).reshape(expected.shape)
        scale = max(abs(expected).max(), numpy.finfo(numpy.float32).tiny)
        relative = abs(found - expected).max() / scale
        worst = max(worst, relative if numpy.isfinite(relative) else numpy.inf)
    return float(worst)
