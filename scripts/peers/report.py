"""The report of a comparison: a line for each cell while it runs, and Benchmarks/RESULTS.md."""

import math
import platform

import growth
import machine
import peers as peer_list
import startup
import workloads
from rounds import OURS

TITLES = {peer.name: peer.title for peer in peer_list.PEERS}
STEPS = {"served": "served forward", "forward": "forward", "forward_backward": "forward and backward",
         "training": "training step"}


def number(value):
    """Returns three significant digits."""
    return f"{value:#.3g}".rstrip(".") if value < 1000 else f"{value:.0f}"


def line(cell):
    """Returns the times of a cell as a line of text."""
    ratios = "  ".join(f"{name} {number(ratio)}" for name, ratio in cell.ratios().items())
    return f"{cell.name:60}{cell.ours.best:10.4f} ms  {ratios}"


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


# MARK: The means

def mean_rows(run):
    """Yields the step, the threads, and the means of the ratios of the table's networks by a contender: the best peer
    of each row, or PyTorch."""
    table = {row.workload for row in workloads.TABLE}
    for step in workloads.PASSES:
        for threads in sorted({cell.threads for cell in run.cells}):
            chosen = [cell for cell in run.cells
                      if (cell.step, cell.threads) == (step, threads) and cell.row.workload in table]
            found = {}
            for by in ("best", "median"):
                against = {"best": [cell.ratio(cell.best_peer(by), by) for cell in chosen if cell.best_peer(by)],
                           "torch": [cell.ratio("torch", by) for cell in chosen if "torch" in cell.times]}
                found |= {(name, by): geometric_mean(values) for name, values in against.items() if values}
            if found:
                yield step, threads, len(chosen), found


def means(run):
    """Returns lines of a Markdown table."""
    lines = ["| pass | threads | networks | best peer | PyTorch | by medians: best peer | PyTorch |",
             "|---|---|---|---|---|---|---|"]
    for step, threads, count, found in mean_rows(run):
        values = [found.get(key) for by in ("best", "median") for key in (("best", by), ("torch", by))]
        lines.append(f"| {STEPS[step]} | {threads} | {count} | " + " | ".join(map(ratio, values)) + " |")
    return lines


def ratio(value):
    """Returns a ratio, in bold if it is a loss, or a dash if there is none."""
    if value is None:
        return "–"
    return f"**{number(value)}**" if value < 1 else number(value)


# MARK: The tables of times

def table(run, cells, names):
    """Returns the lines of a table with a column for each peer."""
    lines = ["| workload | ours, ms | of peak | " + " | ".join(TITLES[name] for name in names) + " | best peer |",
             "|---|---|---|" + "---|" * (len(names) + 1)]
    for cell in cells:
        best = cell.best_peer()
        isLost = best is not None and cell.ratio(best) < 1
        title = f"**{cell.row.workload}, lost**" if isLost else cell.row.workload
        share = f"{100 * cell.flops / cell.ours.best / run.peak(cell):.0f} %" if cell.flops else "–"
        ratios = [ratio(cell.ratio(name) if name in cell.times else None) for name in names]
        lines.append(f"| {title} | {number(cell.ours.best)} | {share} | " + " | ".join(ratios)
                     + f" | {TITLES[best] if best else '–'} |")
    return lines


def tables(run, rows):
    """Returns a section for each pass and number of threads."""
    lines, chosen = [], {row.workload for row in rows}
    for step in STEPS:
        for threads in sorted({cell.threads for cell in run.cells}):
            cells = [cell for cell in run.cells
                     if (cell.step, cell.threads) == (step, threads) and cell.row.workload in chosen]
            names = [name for name in TITLES if any(name in cell.times for cell in cells)]
            if cells and names:
                lines += [f"### {STEPS[step].capitalize()}, {threads} thread{'s' if threads > 1 else ''}", ""]
                lines += table(run, cells, names) + [""]
    return lines


# MARK: Other sections

def megabytes(value):
    return "–" if value is None else number(value / 1e6)


def cost_lines(run):
    lines = ["| program | start to the first result, s | peak memory, MB | installed, MB |", "|---|---|---|---|"]
    for name, cost in run.costs.items():
        if cost:
            lines.append(f"| {TITLES.get(name, 'Backflow')} | {number(cost.seconds)} | {megabytes(cost.memory)} |"
                         f" {megabytes(cost.size)} |")
    return lines


def growth_lines(run):
    lines = ["| program | pass | exponent of T | exponent of B |", "|---|---|---|---|"]
    for name in [OURS, *workloads.TORCH]:
        for step, (time, batch) in growth.fits(run.cells, name).items():
            lines.append(f"| {TITLES.get(name, 'Backflow')} | {STEPS[step]} | {time:.2f} | {batch:.2f} |")
    return lines


def lost_lines(run):
    lost = [(cell, cell.best_peer()) for cell in run.cells if cell.best_peer() and cell.ratio(cell.best_peer()) < 1]
    if not lost:
        return ["No row is lost."]
    return [f"- **{cell.row.workload}, {STEPS[cell.step]}, {cell.threads} thread{'s' if cell.threads > 1 else ''}**: "
            f"{TITLES[best]} takes {number(cell.ratio(best))} of our time." for cell, best in lost]


def setting(run):
    limits = run.limits
    features = machine.features()
    has = "with AVX-512" if "AVX-512 F" in features else "without AVX-512"
    # Two peers of one package have one version.
    packages = {peer.packages: peer for peer in reversed(run.peers) if peer.name in run.versions}
    versions = ", ".join(f"{peer.title} {run.versions[peer.name]}" for peer in reversed(packages.values()))
    lines = [
        f"- Date: {run.date.isoformat()}. The run took {run.minutes:.0f} minutes.",
        f"- Processor: {limits['cpu']}, {limits['cores']} cores, {has}"
        + (f" ({', '.join(features)})" if features else "") + f"; {machine.memory() / 2**30:.0f} GiB of memory;"
        f" {machine.system()}.",
        f"- Multiply-add peak of one core in single precision: {limits['fma_peak_gflops']:.0f} GFLOP/s; sgemm"
        f" {limits['sgemm_peak_gflops']:.0f} GFLOP/s.",
        f"- Ours: Swift {machine.swift()}, {limits['kernels']} kernels, {limits['blas']}.",
        f"- Peers: Python {platform.python_version()}, {versions}, as pip installs them."]
    lines += [f"- Absent: {TITLES[name]} ({reason})." for name, reason in run.absent.items()]
    if run.loads:
        lines.append(
            f"- Load average during the run: {min(run.loads):.1f} to {max(run.loads):.1f}. The comparison itself"
            " contributes one for each thread that it uses; what is above is other load.")
    failures = [f"- Failed: {TITLES.get(name, 'Backflow')}, {cell.name}: {reason}." for cell in run.cells
                for name, reason in cell.failures.items()]
    return lines + failures


def document(run):
    """Returns RESULTS.md."""
    worst = max((value for cell in run.cells for value in cell.differences.values()), default=0)
    lines = [
        "# Results of the comparison with other libraries", "",
        "`scripts/compare-peers` writes this file.", "",
        *setting(run), "",
        f"All programs run on the same cores in turn: {run.rounds} rounds of {run.seconds} s each (three if a round"
        " takes more than four seconds), in processes that are stopped while others run. The time of a round is the"
        " median of its runs, and the tables have the best round. A ratio is the peer's time divided by ours: above 1"
        " we are faster; **in bold** we are slower. A run of a peer that takes more than three seconds is timed twice"
        " only. A peer that takes more than a second and twenty times as long as we do is not asked for the other"
        " passes and threads of the row.",
        "",
        "Before they are timed, the outputs and all gradients are compared with ours, which have been compared with"
        f" double precision. The largest difference was {worst:.1e} of the largest element; 1e-4 is allowed.", "",
        "TensorFlow runs the layers of Keras, and MLX its own layers, compiled; MLX's package for Linux has the"
        " reference BLAS. torch.compile leaves recurrent networks to PyTorch's own kernels. ONNX Runtime and OpenVINO"
        " have no backward pass. \"Of peak\" is the share of the multiply-add peak, which only the products count for.",
        "",
        "![The ratios of all peers](results.svg)", "",
        "## Geometric means", "",
        "Of the times of the best peer of each network, and of PyTorch's, divided by ours, over the networks below that"
        " all peers have.", "",
        *means(run), "",
        "## Lost rows", "", *lost_lines(run), "",
        "## Networks that all peers have", "", *tables(run, workloads.TABLE),
        "## Other workloads", "",
        "A spectral radius is found in PyTorch from all eigenvalues, and Lyapunov exponents by Jacobians of"
        " `torch.func` and a QR decomposition at every step.", "",
        *tables(run, workloads.OTHERS),
        "## Start, memory and size", "",
        f"Of a process that computes `{startup.WORKLOAD}` on one thread. The first result is that of the forward pass,"
        " verified as above. The memory is the largest resident size after forward and backward passes, or forward"
        " passes alone. The size is that of the files of the packages with all that they require, without Python; ours"
        " is that of the program and of the libraries that it loads, without the C library.", "",
        *cost_lines(run), "",
        "## Growth", "",
        "The exponents p of least-squares fits of T^p (T = 16 … 256 at B = 32) and B^p (B = 4 … 64 at T = 64) to the"
        " times of the LSTM with 64 inputs and 128 units on one thread.", "",
        *growth_lines(run), ""]
    return "\n".join(lines)
