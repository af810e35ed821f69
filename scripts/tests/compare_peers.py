"""Tests of scripts/peers that need no peer. Usage: compare_peers.py BENCHMARK"""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import chart  # noqa: E402
import compare  # noqa: E402
import growth  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
import workloads  # noqa: E402
from resident import Ended, Resident  # noqa: E402

benchmark = sys.argv.pop()

# A process that answers every request with its length, and ends at "end".
ECHO = """
import json, sys
print(json.dumps({"version": "1.0"}), flush=True)
for line in sys.stdin:
    if line.strip() == "end":
        break
    print(json.dumps({"length": len(line.strip())}), flush=True)
"""


def cell(row, step="served", threads=1, **times):
    made = rounds.Cell(row, step, threads)
    made.flops = 1e6
    made.times = {name: rounds.Times(values) for name, values in times.items()}
    return made


def run(cells):
    found = compare.Run(peers.PEERS, 5, 0.2, cells)
    found.versions = {"torch": "2.0", "jax": "0.5"}
    found.limits = {"fma_peak_gflops": 100.0, "sgemm_peak_gflops": 80.0, "cores": 2, "cpu": "A processor",
                    "kernels": "portable", "blas": "A BLAS"}
    return found


class Processes(unittest.TestCase):
    def test_answers_although_it_is_stopped_between_requests(self):
        process = Resident([sys.executable, "-c", ECHO], 1)
        self.assertEqual(process.read(), {"version": "1.0"})
        self.assertEqual([process.ask("a" * n)["length"] for n in (3, 5)], [3, 5])
        with self.assertRaises(Ended):
            process.ask("end")
        process.end()

    def test_an_absent_peer_is_not_fatal(self):
        failing = [sys.executable, "-c", "print('{\"error\": \"ImportError: no module\"}')"]
        contenders = rounds.Contenders(lambda name, threads: failing, 1)
        self.assertEqual(contenders.ask("torch", "prepare a forward"), {"lacking": True})
        self.assertEqual(contenders.absent, {"torch": "ImportError: no module"})
        contenders.end_all()

    def test_nothing_is_timed_without_a_result_of_ours(self):
        program = "import sys\nfor line in sys.stdin: print('{\"error\": \"wrong\"}', flush=True)"
        refusing = [sys.executable, "-c", program]
        contenders = rounds.Contenders(lambda name, threads: refusing, 1)
        measured = rounds.Cell(workloads.TABLE[0], "forward", 1)
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            rounds.measure(contenders, measured, [], 2, 0.01)
        contenders.end_all()
        self.assertEqual((measured.times, measured.failures), ({}, {rounds.OURS: "wrong"}))
        self.assertIn("mlp/b1/i64/h64 forward 1: backflow: wrong", errors.getvalue())

    def measured_with_a_slow_peer(self, later):
        """Returns the cell, and the peers that are too slow, for a peer whose first run takes five seconds."""
        slow = """
import json, sys
print(json.dumps({"version": "1.0"}), flush=True)
for line in sys.stdin:
    isPreparation = line.startswith("prepare")
    print(json.dumps({"difference": 0, "first_ms": 5000} if isPreparation else {"median_ms": LATER}), flush=True)
""".replace("LATER", str(later))
        commands = {rounds.OURS: [benchmark, "--resident", "--threads", "1"], "mlx": [sys.executable, "-c", slow]}
        contenders = rounds.Contenders(lambda name, threads: commands[name], 1)
        measured = rounds.Cell(workloads.Row("mlp/b1/i64/h64"), "forward", 1)
        hopeless = rounds.measure(contenders, measured, ["mlx"], 3, 0.01)
        contenders.end_all()
        self.assertEqual(len(measured.ours.medians), 3)
        return measured, hopeless

    def test_a_slow_peer_is_timed_twice(self):
        measured, hopeless = self.measured_with_a_slow_peer(later=4000)
        self.assertEqual(measured.times["mlx"].medians, [5000, 4000])
        self.assertEqual(hopeless, {"mlx"})

    def test_a_peer_that_was_only_disturbed_is_not_slow(self):
        measured, hopeless = self.measured_with_a_slow_peer(later=4)
        self.assertEqual(measured.times["mlx"].medians, [4, 4, 4])
        self.assertEqual(hopeless, set())

    def test_the_benchmark_takes_part_alone(self):
        contenders = rounds.Contenders(lambda name, threads: [benchmark, "--resident", "--threads", str(threads)], 1)
        measured = rounds.Cell(workloads.Row("mlp/b1/i64/h64"), "forward", 1)
        rounds.measure(contenders, measured, [], 2, 0.01)
        contenders.end_all()
        self.assertEqual(len(measured.ours.medians), 2)
        self.assertEqual(measured.flops, 2 * (64 * 64 + 64 * 64 + 64 * 10))


class Rows(unittest.TestCase):
    def test_are_workloads_of_the_benchmark(self):
        text = subprocess.run([benchmark, "--filter", "no such workload"], capture_output=True, text=True).stderr
        for row in workloads.ROWS:
            self.assertIn(row.workload, text)

    def test_name_peers_that_exist(self):
        names = {peer.name for peer in peers.PEERS}
        for row in workloads.ROWS:
            self.assertLessEqual(set(row.peers or ()), names)
        with self.assertRaises(ValueError):
            peers.selected("torch,nothing")


class Figures(unittest.TestCase):
    def test_growth_finds_the_exponent_of_a_power(self):
        self.assertAlmostEqual(growth.exponent([(n, 3 * n**1.5) for n in (2, 4, 8, 16)]), 1.5)

    def test_growth_needs_all_sizes(self):
        names = [*workloads.TIMES.items(), *((b, name) for b, name in workloads.BATCHES.items() if b != 32)]
        cells = [cell(workloads.Row(name), backflow=[0.5 * n]) for n, name in names]
        self.assertEqual(growth.fits(cells[1:], rounds.OURS), {})
        self.assertAlmostEqual(growth.fits(cells, rounds.OURS)["served"][0], 1)

    def test_means_take_the_best_peer_of_each_network(self):
        first, second = workloads.TABLE[:2]
        found = run([cell(first, backflow=[1, 2, 6], torch=[8, 8, 8], jax=[3, 2, 4]),
                     cell(second, backflow=[1], torch=[8], jax=[9])])
        means = next(report.mean_rows(found))[3]
        self.assertAlmostEqual(means["best", "best"], (2 * 8) ** 0.5)
        self.assertAlmostEqual(means["torch", "best"], 8)
        self.assertAlmostEqual(means["best", "median"], (1.5 * 8) ** 0.5)

    def test_a_lost_row_is_shown_as_lost(self):
        text = report.document(run([cell(workloads.TABLE[0], backflow=[2], torch=[1], jax=[4])]))
        self.assertIn("| **mlp/b1/i64/h64, lost** | 2.00 | 0 % | **0.500** | 2.00 | PyTorch |", text)
        self.assertIn("PyTorch takes 0.500 of our time.", text)

    def test_a_won_row_is_not(self):
        text = report.document(run([cell(workloads.TABLE[0], backflow=[1], torch=[2])]))
        self.assertIn("| mlp/b1/i64/h64 | 1.00 | 1 % | 2.00 | PyTorch |", text)
        self.assertIn("No row is lost.", text)

    def test_the_chart_is_xml_with_a_mark_for_each_ratio(self):
        found = run([cell(row, step, threads, backflow=[1], torch=[2], jax=[0.5])
                     for row in workloads.TABLE for step in workloads.PASSES for threads in (1, 2)])
        document = xml.dom.minidom.parseString(chart.svg(found))
        self.assertEqual(len(document.getElementsByTagName("title")), 12 * 2 * 2 * 2)


class Options(unittest.TestCase):
    def test_wrong_ones_end_with_the_usage(self):
        program = pathlib.Path(compare.__file__)
        for options in (["--rows", "no such row"], ["--peers", "nothing"], ["--threads", "0"], ["--unknown"]):
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run([sys.executable, program, benchmark, *options], capture_output=True, text=True,
                                      cwd=folder)
            self.assertEqual(done.returncode, 2)
            self.assertIn("usage: compare-peers", done.stderr)


unittest.main()
