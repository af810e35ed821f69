"""What a program costs beside its speed: the time from its start to the first result, its memory and its size."""

import importlib.metadata
import re
import sys
import time

from resident import Ended, Resident
from rounds import OURS

WORKLOAD = "lstm/b32/t64/i64/h128"


class Costs:
    def __init__(self, seconds, memory, size):
        self.seconds, self.memory, self.size = seconds, memory, size


def costs(command, name, distribution):
    """Starts the program several times, and returns its costs, or None if it fails."""
    try:
        attempts = [attempt(command, name, last=i == 2) for i in range(3)]
    except Ended as error:
        print(f"compare-peers: {name}, start: {error}", file=sys.stderr)
        return None
    # The files are in memory from the second start on.
    seconds = min(found[0] for found in attempts)
    _, memory, libraries = attempts[-1]
    size = sum(path.stat().st_size for path in libraries) if name == OURS else installed(distribution)
    return Costs(seconds, memory, size)


def attempt(command, name, last):
    """Returns the time until the verified result of a forward pass, and then the memory after a training pass, or the
    forward pass of a program without one."""
    start = time.perf_counter()
    process = Resident(command, 1)
    try:
        if name != OURS and "error" in process.read():
            raise Ended("absent")
        answer = process.ask(f"prepare {WORKLOAD} forward")
        seconds = time.perf_counter() - start
        if "error" in answer:
            raise Ended(answer["error"])
        if last:
            if {"error", "lacking"} & set(process.ask(f"prepare {WORKLOAD} forward_backward")):
                process.ask(f"prepare {WORKLOAD} forward")
            process.ask("measure 0.2")
        return seconds, process.peak_memory(), process.libraries() if last and name == OURS else []
    finally:
        process.end()


def installed(distribution):
    """Returns the bytes of a distribution and all that it requires."""
    seen, todo, size = set(), [distribution], 0
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        size += sum(path.stat().st_size for file in found.files or () if (path := found.locate_file(file)).is_file())
        # What an extra or another system requires is not installed, or installed for another distribution.
        requirements = [text for text in found.requires or () if "extra ==" not in text]
        # The processor's part of MLX is an extra.
        if name == "mlx":
            requirements.append("mlx-cpu")
        todo += [re.match(r"[\w.-]+", text).group() for text in requirements]
    return size
