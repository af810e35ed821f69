"""Interrupts saves of a network: see scripts/tests/interrupt-saves.

Usage: python3 interrupt_saves.py PROGRAM [times] [seed]

All elements of a network are equal, so that a mix of two networks is detected. Every directory is read by the
program itself and, file by file, by this script.
"""

import contextlib
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from array import array

program = sys.argv[1]
times = int(sys.argv[2]) if len(sys.argv) > 2 else 100
source = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
FILES = 16 + 5
# The other architecture.
FEWER_FILES = 5 + 5
LIST = ".backflow-files"


def start(path, number, repeats, *more, **options):
    return subprocess.Popen(
        [program, "save", str(path), str(number), str(repeats), *more], stdout=subprocess.PIPE, text=True, **options)


def save(path, number, *more, **options):
    output, _ = start(path, number, 1, *more, **options).communicate()
    assert output == "saved\n", output


def fail(kind, what):
    sys.exit(f"interrupt-saves: {kind}: {what}")


def network(kind, path, others=True):
    """Returns the number of the network at `path`, and fails unless it is complete for both readers."""
    output = subprocess.run([program, "read", str(path)], stdout=subprocess.PIPE, text=True).stdout
    words = output.split()
    if len(words) != 2 or words[0] != "read":
        fail(kind, f"the directory cannot be read, or is a mix: {output}")
    # Without an exchange, the path does not exist between two steps.
    former = path.parent / ".network.backflow-former"
    if not path.exists():
        path = former
    files = [file for file in path.iterdir() if file.suffix == ".npy"]
    numbers = set()
    for file in files:
        content = file.read_bytes()
        data = content[10 + content[8] + 256 * content[9]:]
        numbers |= set(array("q" if b"'<i8'" in content[:80] else "f", data))
    if len(files) not in (FILES, FEWER_FILES) or len(numbers) != 1 or numbers != {float(words[1])}:
        fail(kind, f"{len(files)} files contain {sorted(numbers)}, the program read {words[1]}")
    if not others:
        return int(words[1])
    kept = path / "folder" / "kept.txt"
    if not kept.exists():
        kept = former / "folder" / "kept.txt"
    if (path / "notes.txt").read_text() != "kept" or kept.read_text() != "kept":
        fail(kind, "another file in the directory is lost")
    return int(words[1])


def prepared(folder):
    path = folder / "network"
    save(path, 0)
    (path / "notes.txt").write_text("kept")
    (path / "folder").mkdir()
    (path / "folder" / "kept.txt").write_text("kept")
    return path


def duration(path):
    begin = time.monotonic()
    save(path, 0)
    return time.monotonic() - begin


def settle(kind, path, number, others=True, **options):
    """Saves once more, and fails if anything else is left."""
    save(path, number, **options)
    if network(kind, path, others) != number:
        fail(kind, "the next save did not replace the network")
    beside = sorted(entry.name for entry in path.parent.iterdir())
    hidden = sorted(entry.name for entry in path.iterdir() if entry.name.startswith(".") and entry.name != LIST)
    if beside != ["network"] or hidden:
        fail(kind, f"left after the next save: {beside}, {hidden}")


def interrupted(kind, number, **options):
    """Also changes the architecture at each attempt."""
    with tempfile.TemporaryDirectory() as folder:
        path = prepared(pathlib.Path(folder))
        span = duration(path)
        old, leftovers = 0, 0
        counts = {"old": 0, "new": 0}
        for attempt in range(1, times + 1):
            # The process saves networks with consecutive numbers.
            first = 2000 * attempt
            process = start(path, first, 1000, *(["fewer"] if attempt % 2 else []), **options)
            time.sleep(source.uniform(0, 3 * span))
            process.send_signal(number)
            process.communicate()
            leftovers += len(list(path.parent.iterdir())) - 1
            found = network(kind, path)
            if found != old and not first <= found < first + 1000:
                fail(kind, f"network {found} instead of {old} or one from {first}")
            counts["old" if found == old else "new"] += 1
            old = first + 1000
            settle(kind, path, old, **options)
        print(f"interrupt-saves: {kind}: {times} times; {counts['old']} old networks, {counts['new']} new ones,"
              f" 0 mixes; {leftovers} hidden directories, all removed by the next save", flush=True)


def first_saves():
    kind = "kill -9 of a first save"
    counts = {"none": 0, "new": 0}
    with tempfile.TemporaryDirectory() as folder:
        span = duration(pathlib.Path(folder) / "network")
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "network"
            process = start(path, 1, 1)
            time.sleep(source.uniform(0, 1.2 * span))
            process.kill()
            process.communicate()
            counts["new" if path.exists() else "none"] += 1
            if path.exists() and network(kind, path, others=False) != 1:
                fail(kind, "it is another network")
            settle(kind, path, 2, others=False)
    print(f"interrupt-saves: {kind}: {times} times; {counts['none']} without a network, {counts['new']} new ones,"
          " nothing left after the next save", flush=True)


def without_exchange():
    """Simulates a system without exchanges of directories by a preloaded library, and a file system without hard
    links."""
    kind = "kill -9 without an exchange"
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        print(f"interrupt-saves: {kind}: skipped, because there is no C compiler", flush=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "no_exchange.so"
        shim = pathlib.Path(__file__).with_name("no_exchange.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", str(shim), "-o", str(library), "-ldl"], check=True)
        environment = os.environ | {"LD_PRELOAD": str(library)}
        for name, more in [(kind, {}), (kind + " or hard links", {"NO_LINKS": "1"})]:
            interrupted(name, signal.SIGKILL, env=environment | more)


def starved():
    """Limits the size of files to a random number of bytes, similar to a full disk."""
    kind = "limit on file sizes"
    with tempfile.TemporaryDirectory() as folder:
        path = prepared(pathlib.Path(folder))
        old, failures = 0, 0
        for attempt in range(1, times + 1):
            limit = source.randrange(9000)
            process = start(path, 2 * attempt - 1, 1, preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit, limit)))
            output, _ = process.communicate()
            found = network(kind, path)
            if output.startswith("saved"):
                old = 2 * attempt - 1
            else:
                failures += 1
                if process.returncode != 0 or "cannot be written: it would exceed" not in output:
                    fail(kind, f"status {process.returncode}: {output}")
            if found != old:
                fail(kind, f"network {found} instead of {old}")
            if len(list(path.parent.iterdir())) != 1:
                fail(kind, f"left behind: {list(path.parent.iterdir())}")
        settle(kind, path, 2 * times + 2)
        print(f"interrupt-saves: {kind}: {times} times; {failures} saves failed, 0 mixes, nothing left behind",
              flush=True)


@contextlib.contextmanager
def small_disk(size):
    """A file system of `size` bytes in memory, or None without the permission to mount it."""
    with tempfile.TemporaryDirectory() as folder:
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
            stderr=subprocess.DEVNULL).returncode == 0
        try:
            yield pathlib.Path(folder) if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", folder], check=True)


def full():
    kind = "full disk"
    with small_disk(400_000) as disk:
        if disk is None:
            print("interrupt-saves: full disk: skipped, because this user cannot mount a small one", flush=True)
            return
        path = prepared(disk)
        old, failures = 0, 0
        for attempt in range(1, times + 1):
            filler = disk / "filler"
            filler.write_bytes(b"")
            free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
            filler.write_bytes(bytes(max(0, free - source.randrange(200_000))))
            output, _ = start(path, 2 * attempt - 1, 1).communicate()
            found = network(kind, path)
            if output.startswith("saved"):
                old = 2 * attempt - 1
            else:
                failures += 1
                if "cannot be written: no space is left" not in output:
                    fail(kind, output)
            if found != old:
                fail(kind, f"network {found} instead of {old}")
            if sorted(entry.name for entry in disk.iterdir()) != ["filler", "network"]:
                fail(kind, f"left behind: {list(disk.iterdir())}")
        filler.unlink()
        settle(kind, path, 2 * times + 2)
        print(f"interrupt-saves: {kind}: {times} times; {failures} saves failed, 0 mixes, nothing left behind",
              flush=True)


def together():
    kind = "two processes"
    with tempfile.TemporaryDirectory() as folder:
        path = prepared(pathlib.Path(folder))
        reads, counts = 0, {}
        for attempt in range(times):
            firsts = 20 * attempt + 1, 20 * attempt + 11
            pair = [start(path, first, 3) for first in firsts]
            while any(process.poll() is None for process in pair):
                output = subprocess.run([program, "read", str(path)], stdout=subprocess.PIPE, text=True).stdout
                if len(output.split()) != 2:
                    fail(kind, f"a concurrent reader: {output}")
                reads += 1
            for process in pair:
                output, _ = process.communicate()
                if output != "saved\n":
                    fail(kind, output)
            found = network(kind, path)
            if found - 2 not in firsts:
                fail(kind, f"network {found} in round {attempt}")
            which = firsts.index(found - 2)
            counts[which] = counts.get(which, 0) + 1
            if len(list(path.parent.iterdir())) != 1:
                fail(kind, f"left behind: {list(path.parent.iterdir())}")
        print(f"interrupt-saves: {kind}: {times} times; {counts.get(0, 0)} networks of one process and"
              f" {counts.get(1, 0)} of the other, 0 mixes, {reads} concurrent reads, nothing left behind", flush=True)


interrupted("kill -9", signal.SIGKILL)
interrupted("SIGTERM", signal.SIGTERM)
first_saves()
without_exchange()
starved()
full()
together()
