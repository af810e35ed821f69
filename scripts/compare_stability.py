"""Runs scripts/lyapunov_speed.py and `backflow stability` on the same LSTM and input, for scripts/compare-stability.

It prints the times, their ratios, and the largest difference of the exponents. The program is timed as a process, with
its start and the reading of the files; of the Python script, only the computation counts. Both run the same trajectory
of all steps. Backflow averages the exponents over the steps after those in which its basis turned; the exponents of the
first steps decide the difference, so that it is compared with the standard errors.
"""

import argparse
import json
import os
import pathlib
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


def backflow(folder, *options):
    """Returns the report of the program as JSON, and its seconds."""
    command = [arguments.program, "stability", folder / "lstm.safetensors", "--input", folder / "input.npy",
               "--format", "json", *options]
    environment = {**os.environ, "BACKFLOW_NUM_THREADS": str(arguments.threads)}
    start = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout
    return json.loads(output), time.perf_counter() - start


def main(folder):
    def python(*options):
        return subprocess.run([sys.executable, SCRIPT, *map(str, options)], check=True, stdout=subprocess.PIPE).stdout

    python("--write", folder, "--hidden", arguments.hidden, "--steps", arguments.steps)
    count = 2 * arguments.hidden
    default, default_seconds = backflow(folder)
    complete, complete_seconds = backflow(folder, "--exponents", str(count))
    peer = json.loads(python(folder / "lstm.safetensors", folder / "input.npy", "--threads", arguments.threads))

    trajectory = complete["layers"][0]["trajectory"]
    ours, theirs = trajectory["exponents"], sorted(peer["exponents"], reverse=True)
    assert len(ours) == len(theirs) == count
    difference, index = max((abs(a - b), i) for i, (a, b) in enumerate(zip(ours, theirs)))
    print(f"LSTM of {arguments.hidden} units, {arguments.steps} steps, {arguments.threads} thread(s)")
    print(f"Python script, all {count} exponents:   {peer['seconds']:8.3f} s")
    print(f"backflow, all {count} exponents:        {complete_seconds:8.3f} s   {peer['seconds'] / complete_seconds:.1f} times as fast")
    shown = len(default["layers"][0]["trajectory"]["exponents"])
    print(f"backflow, default report ({shown}):    {default_seconds:8.3f} s   {peer['seconds'] / default_seconds:.1f} times as fast")
    print(f"largest difference of an exponent: {difference:.3g} (λ_{index + 1}: {ours[index]:.6f} and {theirs[index]:.6f})")
    print(f"difference of λ_1: {abs(ours[0] - theirs[0]):.3g}, standard error {trajectory['standard_errors'][0]}")
    print(f"Σλ against ln |det J|: {trajectory['sum_rule_error']:.3g}")


if arguments.keep:
    main(arguments.keep)
else:
    with tempfile.TemporaryDirectory() as temporary:
        main(pathlib.Path(temporary))
