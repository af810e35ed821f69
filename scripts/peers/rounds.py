"""Times the rows in rounds in which the benchmark and the peers alternate, so that other load affects all of them."""

import statistics
import sys

from resident import Ended, Resident

OURS = "backflow"
# A run of a peer that takes longer is repeated once only.
LONGEST_MS = 3000
# A peer whose run takes longer, and so many times as long as ours, is not asked for the other cells of the row.
LONG_MS, HOPELESS = 1000, 20


class Times:
    """The times of one contender in one cell: the median of each round."""

    def __init__(self, medians):
        self.medians = medians

    @property
    def best(self):
        return min(self.medians)

    @property
    def median(self):
        return statistics.median(self.medians)


class Cell:
    """A row in one pass on a number of threads, with the times of those that have it."""

    def __init__(self, row, step, threads):
        self.row, self.step, self.threads = row, step, threads
        self.flops, self.scalar = 0.0, "float32"
        self.times, self.differences, self.failures = {}, {}, {}

    @property
    def name(self):
        return f"{self.row.workload} {self.step} {self.threads}"

    @property
    def ours(self):
        return self.times[OURS]

    def ratio(self, peer, by="best"):
        """Returns the time of the peer relative to ours."""
        return getattr(self.times[peer], by) / getattr(self.ours, by)

    def ratios(self, by="best"):
        return {peer: self.ratio(peer, by) for peer in self.times if peer != OURS}

    def best_peer(self, by="best"):
        """Returns the fastest peer, or None if there is none."""
        ratios = self.ratios(by)
        return min(ratios, key=ratios.get) if ratios else None


class Contenders:
    """The processes on one number of threads. One that has ended is started again for the next cell."""

    def __init__(self, commands, threads):
        self.commands, self.threads, self.processes = commands, threads, {}
        self.absent, self.versions = {}, {}

    def process(self, name):
        """Returns the process, or None if the peer is absent."""
        if name in self.absent:
            return None
        if name not in self.processes:
            process = self.processes[name] = Resident(self.commands(name, self.threads), self.threads)
            if name != OURS:
                self.greet(name, process)
        return self.processes.get(name)

    def greet(self, name, process):
        try:
            answer = process.read()
        except Ended as error:
            answer = {"error": str(error)}
        if "error" in answer:
            self.absent[name] = answer["error"]
            self.end(name)
        else:
            self.versions[name] = answer["version"]

    def ask(self, name, request):
        """Returns the answer, or the reason why there is none."""
        process = self.process(name)
        if process is None:
            return {"lacking": True}
        try:
            return process.ask(request)
        except Ended as error:
            self.end(name)
            return {"error": str(error)}

    def end(self, name):
        self.processes.pop(name).end()

    def end_all(self):
        for name in list(self.processes):
            self.end(name)


def measure(contenders, cell, peers, rounds, seconds):
    """Prepares the cell in all processes, which compare the results, and then times them in turn. Returns the peers
    that are too slow for the other cells of the row."""
    medians, slow = prepare(contenders, cell, peers)
    running = list(medians)
    for round in range(rounds if OURS in running else 0):
        # Every round starts with another one, so that none always follows the same.
        start = round % len(running)
        taking = [name for name in running[start:] + running[:start] if round == 0 or name not in slow]
        for name in taking:
            answer = contenders.ask(name, f"measure {0 if name in slow else seconds}")
            if "error" in answer:
                cell.failures[name] = answer["error"]
            elif "median_ms" in answer:
                if name in slow and answer["median_ms"] < LONGEST_MS:
                    # The first run was long because of other load.
                    slow.remove(name)
                    medians[name].clear()
                medians[name].append(answer["median_ms"])
        # Long runs vary less.
        if round >= 2 and sum(medians[name][-1] for name in taking if medians[name]) > 4000:
            break
    cell.times = {name: Times(values) for name, values in medians.items() if values and name not in cell.failures}
    for name, failure in cell.failures.items():
        print(f"compare-peers: {cell.name}: {name}: {failure}", file=sys.stderr)
    return {name for name, times in cell.times.items()
            if OURS in cell.times and times.best > max(LONG_MS, HOPELESS * cell.ours.best)}


def prepare(contenders, cell, peers):
    """Prepares the cell. Returns a list of times for each that has it, empty except for long runs, and the slow ones
    whose runs are so long."""
    medians, slow = {}, set()
    for name in [OURS, *peers]:
        step = "forward" if name != OURS and cell.step == "served" else cell.step
        answer = contenders.ask(name, f"prepare {cell.row.workload} {step}")
        if "error" in answer:
            cell.failures[name] = answer["error"]
        elif "lacking" not in answer:
            medians[name] = []
            if name == OURS:
                cell.flops, cell.scalar = answer["flops"], answer["scalar"]
            else:
                cell.differences[name] = answer["difference"]
            if answer.get("first_ms", 0) > LONGEST_MS:
                slow.add(name)
                medians[name].append(answer["first_ms"])
    return medians, slow
