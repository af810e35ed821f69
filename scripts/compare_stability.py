"""Runs scripts/lyapunov_speed.py and `backflow stability` on the same LSTM and input, for scripts/compare-stability.

It prints the elapsed times and those of the processor, which other programs affect less, their ratios, and the largest
difference of the exponents. Both are timed as processes, with their start and the reading of the files; for the Python
script, the time of the computation alone is printed too, without importing PyTorch. Both run along all steps of the
input. The script averages over all of them, from a basis of unit vectors; the program leaves out the first steps, in
which a random basis turns. The exponents therefore differ by about one over the number of steps, or by the standard
errors.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("program", type=pathlib.Path, help="the program backflow")
parser.add_argument("--hidden", type=int, default=128)
parser.add_argument("--steps", type=int, default=500)
parser.add_argument("--threads", type=int, default=1, help="of both programs")
parser.add_argument("--keep", type=pathlib.Path, metavar="DIRECTORY", help="where to keep the files")
arguments = parser.parse_args()

SCRIPT = pathlib.Path(__file__).with_name("lyapunov_speed.py")


def timed(*command):
    """Returns the output of a command as JSON, and its seconds: elapsed, and of the processor."""
    environment = {**os.environ, "BACKFLOW_NUM_THREADS": str(arguments.threads)}
    start, used = time.perf_counter(), processor_seconds()
    output = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, env=environment).stdout
    seconds = time.perf_counter() - start, processor_seconds() - used
    return json.loads(output), seconds


def backflow(folder, *options):
    return timed(arguments.program, "stability", folder / "lstm.safetensors", "--input", folder / "input.npy",
                 "--format", "json", *options)


def processor_seconds():
    """Returns the processor time of all programs that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main(folder):
    subprocess.run([sys.executable, SCRIPT, "--write", folder, "--hidden", str(arguments.hidden),
                    "--steps", str(arguments.steps)], check=True)
    count = 2 * arguments.hidden
    default, default_seconds = backflow(folder)
    complete, complete_seconds = backflow(folder, "--exponents", count)
    peer, process = timed(sys.executable, SCRIPT, folder / "lstm.safetensors", folder / "input.npy",
                          "--threads", arguments.threads)

    trajectory = complete["layers"][0]["trajectory"]
    ours, theirs = trajectory["exponents"], sorted(peer["exponents"], reverse=True)
    assert len(ours) == len(theirs) == count
    difference, index = max((abs(a - b), i) for i, (a, b) in enumerate(zip(ours, theirs)))
    print(f"LSTM of {arguments.hidden} units, {arguments.steps} steps, {arguments.threads} thread(s)")
    computation = (peer["seconds"], peer["processor_seconds"])
    shown = len(default["layers"][0]["trajectory"]["exponents"])
    print(f"{f'Python script, all {count} exponents':36}{process[0]:8.3f} s, processor {process[1]:8.3f} s")
    print(f"{'  without start and import':36}{computation[0]:8.3f} s, processor {computation[1]:8.3f} s")
    for name, seconds in ((f"backflow, report with all {count}", complete_seconds),
                          (f"backflow, default report with {shown}", default_seconds)):
        ratios = [f"{peer[0] / seconds[0]:.1f} ({peer[1] / seconds[1]:.1f})" for peer in (process, computation)]
        print(f"{name:36}{seconds[0]:8.3f} s, processor {seconds[1]:8.3f} s: {ratios[0]} times as fast as the script,"
              f" {ratios[1]} as its computation")
    print(f"largest difference of an exponent: {difference:.3g}"
          f" (λ_{index + 1}: {ours[index]:.6f} and {theirs[index]:.6f})")
    print(f"difference of λ_1: {abs(ours[0] - theirs[0]):.3g}, standard error {trajectory['standard_errors'][0]:.3g}")
    print(f"Σλ against ln |det J|: {trajectory['sum_rule_error']:.3g}")


if arguments.keep:
    main(arguments.keep)
else:
    with tempfile.TemporaryDirectory() as temporary:
        main(pathlib.Path(temporary))
