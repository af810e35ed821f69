"""Kills `backflow train` at random moments and continues it, and lets it run into a limit on the size of files.
The metrics and the checkpoint of the end must be those of a training that was not disturbed, byte for byte.

Usage: interrupt_training.py BACKFLOW KILLS [SEED]
"""

import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

TASKS = ["digits", "csv", "text", "sequence", "adding", "copy"]
COMMON = ["--threads", "2", "--checkpoint-every", "0.02", "--log-every", "1", "--no-report"]


def data(folder):
    """Writes small files for the tasks that need one."""
    source = random.Random(1)
    rows = ["area,city,price"]
    for _ in range(400):
        area, city = source.uniform(20, 200), source.choice(["A", "B", "C"])
        rows.append(f"{area:.3f},{city},{3 * area + 40 * ord(city) + source.gauss(0, 5):.3f}")
    (folder / "houses.csv").write_text("\n".join(rows) + "\n")
    words = "the quick brown fox jumps over a lazy dog while seven wizards box".split()
    (folder / "words.txt").write_text(" ".join(source.choice(words) for _ in range(6000)))
    values = [[[source.gauss(0, 1) for _ in range(2)] for _ in range(12)] for _ in range(300)]
    labels = [int(sum(step[0] for step in sequence) > 0) for sequence in values]
    with zipfile.ZipFile(folder / "signals.npz", "w") as archive:
        archive.writestr("x.npy", npy("<f8", (300, 12, 2), [v for s in values for t in s for v in t]))
        archive.writestr("y.npy", npy("<i8", (300,), labels))


def npy(kind, shape, values):
    import struct

    header = repr({"descr": kind, "fortran_order": False, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
        + struct.pack(f"<{len(values)}{'d' if kind == '<f8' else 'q'}", *values)
    )


def command(task, folder):
    return {
        "digits": ["digits", "--epochs", "25", "--hidden", "32", "--average", "0.9"],
        "csv": ["csv", str(folder / "houses.csv"), "--target", "price", "--epochs", "60", "--dropout", "0.1",
                "--average", "0.9", "--patience", "50"],
        "text": ["text", str(folder / "words.txt"), "--epochs", "6", "--hidden", "24", "--batch", "8",
                 "--dropout", "0.1"],
        "sequence": ["sequence", str(folder / "signals.npz"), "--epochs", "60", "--hidden", "24"],
        "adding": ["adding", "--steps", "20", "--epochs", "20", "--samples", "500", "--optimizer", "sgd"],
        "copy": ["copy", "--epochs", "20", "--samples", "300", "--hidden", "32"],
    }[task]


def disturbed(call, source, duration, kills):
    """Runs until the end, and kills the first starts. Returns how many were killed before their end."""
    done = 0
    for _ in range(5 * kills):
        if done == kills:
            break
        process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # The first kills are early, before there is a checkpoint.
        time.sleep(source.uniform(0, 0.05 if source.random() < 0.25 else duration / 3))
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        if process.returncode == -signal.SIGKILL:
            done += 1
        elif process.returncode != 0:
            sys.exit(f"{call}: code {process.returncode}: {errors.decode()}")
    subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return done


def filled(call, limit):
    """Runs with a limit on the size of files, which acts like a full disk, and then without it."""
    def restrict():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    process = subprocess.run(call, capture_output=True, text=True, preexec_fn=restrict)
    if process.returncode != 1 or "limit on file sizes" not in process.stderr:
        sys.exit(f"{call}: code {process.returncode} at a limit of {limit} bytes: {process.stderr}")
    subprocess.run(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def main():
    backflow, kills = sys.argv[1], int(sys.argv[2])
    source = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else time.time_ns())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data(folder)
        for task in TASKS:
            def call(run):
                return [backflow, "train", *command(task, folder), *COMMON, "--save", str(folder / run), "--resume"]

            start = time.monotonic()
            subprocess.run(call(task), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            duration = time.monotonic() - start
            killed = disturbed(call(task + "-killed"), source, duration, kills)
            if killed == 0:
                sys.exit(f"{task}: no start was killed before its end")
            # The metrics are the file that grows.
            filled(call(task + "-filled"), (folder / task / "metrics.jsonl").stat().st_size * 2 // 3)
            for run in [task + "-killed", task + "-filled"]:
                for file in ["metrics.jsonl", "checkpoint.safetensors", "configuration.json"]:
                    whole = (folder / task / file).read_bytes()
                    if not whole or whole != (folder / run / file).read_bytes():
                        sys.exit(f"{run}: {file} is not that of a training without interruption ({killed} kills)")
            print(f"{task}: the same bits after {killed} kills of a training of {duration:.1f} s")


main()
