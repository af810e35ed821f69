"""Processes that answer requests, pinned to cores, and stopped while others are timed."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess

# Compilers of whole networks take minutes at worst.
PATIENCE = 240


class Ended(Exception):
    """A process has ended, or does not answer."""


def pinned(threads):
    """Returns the start of a command that runs on as many cores as there are threads, the same for every process."""
    if not shutil.which("taskset"):
        return []
    cores = sorted(os.sched_getaffinity(0))[:threads]
    return ["taskset", "-c", ",".join(map(str, cores))]


class Resident:
    """A process that reads a request from its standard input and writes an answer as a line of JSON."""

    def __init__(self, command, threads):
        self.process = subprocess.Popen(
            pinned(threads) + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, request):
        # Threads that spin or collect garbage between requests would take time from the others.
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Ended("the process has ended") from error
        answer = self.read()
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def read(self):
        """Returns the next answer without a request."""
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            raise Ended(f"no answer in {PATIENCE} s")
        line = self.process.stdout.readline()
        if not line:
            raise Ended(f"the process ended with {self.process.wait()}")
        return json.loads(line)

    def peak_memory(self):
        """Returns the largest resident size so far in bytes, or None where the system does not tell."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), None)

    def libraries(self):
        """Returns the files that the process has loaded, without those of the C library."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps")
        files = {line.split(maxsplit=5)[5] for line in maps.read_text().splitlines() if "/" in line}
        own = ("libc.", "libm.", "libdl.", "librt.", "libpthread.", "ld-")
        return [path for path in map(pathlib.Path, sorted(files))
                if path.is_file() and not path.name.startswith(own) and not path.name.startswith("locale")]

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
