"""How the time of the LSTM grows with the steps T and the batch B: the exponents of fits of powers."""

import math

import workloads


def exponent(points):
    """Returns the slope of the least-squares line of the logarithms."""
    xs, ys = ([math.log(value) for value in values] for values in zip(*points))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def fits(cells, contender):
    """Returns the exponents of T and of B by pass, for the passes whose cells are complete."""
    found = {}
    for step in workloads.PASSES:
        times = {cell.row.workload: cell.times[contender].best for cell in cells
                 if cell.threads == 1 and cell.step == step and contender in cell.times}
        if all(name in times for names in (workloads.TIMES, workloads.BATCHES) for name in names.values()):
            found[step] = tuple(exponent([(size, times[name]) for size, name in names.items()])
                                for names in (workloads.TIMES, workloads.BATCHES))
    return found
