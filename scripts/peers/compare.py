"""Compares backflow-benchmark with its peers; see scripts/compare-peers."""

import argparse
import contextlib
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import chart
import machine
import peers as peer_list
import report
import startup
import workloads
from rounds import OURS, Cell, Contenders, measure

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Run:
    """What a run has found."""

    peers: list
    rounds: int
    seconds: float
    cells: list = field(default_factory=list)
    versions: dict = field(default_factory=dict)
    absent: dict = field(default_factory=dict)
    costs: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    date: datetime.date = field(default_factory=datetime.date.today)
    loads: list = field(default_factory=list)
    minutes: float = 0.0

    def peak(self, cell):
        """Returns the multiply-add peak of the cores of a cell in flops per millisecond."""
        cores = min(cell.threads, self.limits["cores"])
        return self.limits["fma_peak_gflops"] * 1e6 * cores / (2 if cell.scalar == "float64" else 1)


def arguments():
    parser = argparse.ArgumentParser(
        prog="compare-peers", description="Compares the times of backflow-benchmark with those of other libraries.")
    parser.add_argument("benchmark", help=argparse.SUPPRESS)
    parser.add_argument("--rows", metavar="TEXT", help="only rows whose names contain TEXT")
    parser.add_argument("--peers", metavar="A,B", help="only these: " + ", ".join(p.name for p in peer_list.PEERS))
    parser.add_argument("--threads", type=int, help="only this number of threads, instead of 1 and 2")
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument(
        "--output", metavar="DIRECTORY", type=pathlib.Path,
        help="where to write RESULTS.md and results.svg (by default Benchmarks after a complete run, else nowhere)")
    options = parser.parse_args()
    if options.threads is not None and options.threads < 1:
        parser.error("--threads must be at least 1")
    try:
        options.peers, isComplete = peer_list.selected(options.peers), not options.peers
    except ValueError as error:
        parser.error(str(error))
    if isComplete and not (options.rows or options.threads or options.quick) and options.output is None:
        options.output = HERE.parent.parent / "Benchmarks"
    options.rows = [row for row in workloads.ROWS if (options.rows or "") in row.workload]
    if not options.rows:
        parser.error("no row contains this text")
    return options


def export(benchmark, rows, folder):
    """Writes the tensors of the rows."""
    for name in [*(row.workload for row in rows), startup.WORKLOAD]:
        # The filter of an earlier name has also selected those that contain it.
        if not pathlib.Path(folder, name).exists():
            subprocess.run([benchmark, "--filter", name, "--export", folder], check=True)


def cells(rows, threads):
    for row in rows:
        for step in row.steps:
            if row.threads is None or threads in row.threads:
                yield Cell(row, step, threads)


def compare(options, folder):
    rounds, seconds = (2, 0.05) if options.quick else (5, 0.2)
    run = Run(options.peers, rounds, seconds)
    names = [peer.name for peer in options.peers]
    hopeless = set()

    def command(name, threads):
        if name == OURS:
            return [options.benchmark, "--resident", "--threads", str(threads)]
        return [sys.executable, str(HERE / "worker.py"), name, str(threads), folder]

    for threads in [options.threads] if options.threads else [1, 2]:
        contenders = Contenders(command, threads)
        with contextlib.ExitStack() as stack:
            stack.callback(contenders.end_all)
            for cell in cells(options.rows, threads):
                chosen = [name for name in names if (cell.row.peers is None or name in cell.row.peers)
                          and (name, cell.row) not in hopeless]
                hopeless |= {(name, cell.row) for name in measure(contenders, cell, chosen, rounds, seconds)}
                if OURS in cell.times:
                    run.cells.append(cell)
                    print(report.line(cell), flush=True)
                run.loads.append(machine.load())
        run.versions |= contenders.versions
        run.absent |= contenders.absent
    for name in [OURS, *run.versions]:
        peer = next((peer for peer in options.peers if peer.name == name), None)
        run.costs[name] = startup.costs(command(name, 1), name, peer and peer.distribution)
    return run


def main():
    options = arguments()
    # An end by a signal must end the other processes too, which may be stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    start = time.monotonic()
    before = machine.limits(options.benchmark)
    with tempfile.TemporaryDirectory() as folder:
        export(options.benchmark, options.rows, folder)
        run = compare(options, folder)
    run.limits = machine.limits(options.benchmark)
    # Other load may have disturbed one of the two measurements.
    run.limits["fma_peak_gflops"] = max(run.limits["fma_peak_gflops"], before["fma_peak_gflops"])
    run.minutes = (time.monotonic() - start) / 60
    print()
    print("\n".join(report.means(run)))
    for name, reason in run.absent.items():
        print(f"absent: {name}: {reason}")
    if options.output:
        os.makedirs(options.output, exist_ok=True)
        (options.output / "RESULTS.md").write_text(report.document(run))
        (options.output / "results.svg").write_text(chart.svg(run))
        print(f"written: {options.output / 'RESULTS.md'}, {options.output / 'results.svg'}")


if __name__ == "__main__":
    main()
