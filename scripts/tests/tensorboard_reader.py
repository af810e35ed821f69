"""Reads event files of Backflow with TensorBoard's reader: see scripts/tests/tensorboard.

Usage: python3 tensorboard_reader.py PROGRAM
"""

import logging
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

from tensorboard.backend.event_processing import event_accumulator


def read(directory):
    # 0 means that no event is left out.
    everything = {event_accumulator.SCALARS: 0, event_accumulator.HISTOGRAMS: 0}
    return event_accumulator.EventAccumulator(str(directory), size_guidance=everything).Reload()


def scalars(events):
    return [(event.step, event.value) for event in events.Scalars("loss")]


def check(name, found, expected):
    if found != expected:
        sys.exit(f"tensorboard: {name}: expected {expected}, found {found}")


def check_histograms(events, steps):
    histograms = events.Histograms("layer/weight é")
    check("steps of histograms", [event.step for event in histograms], steps)
    for event in histograms:
        n, value = event.step, event.histogram_value
        check("count", value.num, 2 * n + 1)
        check("limits", (value.min, value.max, value.sum), (-n, n, 0))
        check("squares", value.sum_squares, n * (n + 1) * (2 * n + 1) / 3)
        lower, counts = -math.inf, []
        for limit, count in zip(value.bucket_limit, value.bucket, strict=True):
            counts.append(sum(lower <= x < limit for x in range(-n, n + 1)))
            lower = limit
        check("buckets", value.bucket, counts)


def records(data):
    while data:
        end = 16 + struct.unpack("<Q", data[:8])[0]
        yield data[:end]
        data = data[end:]


def main(program):
    # The reader reports each resumption.
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    resumed = [(step, step + (0.5 if step > 5 else 0)) for step in range(1, 11)]
    with tempfile.TemporaryDirectory() as directory:
        run = subprocess.run([program, directory], check=True, capture_output=True, text=True)
        first, second = map(pathlib.Path, run.stdout.split("\n")[:2])
        events = read(directory)
        check("version", events.file_version, 2.0)
        check("scalars after the resumption", scalars(events), resumed)
        check_histograms(events, list(range(1, 11)))
        check("NaN", math.isnan(events.Scalars("unusual/nan")[0].value), True)
        check("zero", math.copysign(1, events.Scalars("unusual/zero")[0].value), -1.0)
        check("histogram without elements", events.Histograms("unusual/empty")[0].histogram_value.num, 0)

        # A process may be killed while it writes: any part of the last records of the first file, which the
        # second replaces anyway, and of the second.
        whole = first.read_bytes()
        for length in range(len(whole) - 60, len(whole)):
            first.write_bytes(whole[:length])
            check(f"scalars with {length} bytes of the first file", scalars(read(directory)), resumed)
        first.write_bytes(whole)
        whole = second.read_bytes()
        for length in [len(whole) - 1, len(whole) - 30, len(whole) // 2]:
            second.write_bytes(whole[:length])
            found = scalars(read(directory))
            check(f"scalars with {length} bytes of the second file", found, resumed[: len(found)])
            if len(found) < 7:
                sys.exit(f"tensorboard: only {found} of a file with {length} bytes")

        # The check itself: it fails without the record of the start, and a changed bit is found.
        version, start, *others = records(whole)
        second.write_bytes(version + b"".join(others))
        if scalars(read(directory)) == resumed:
            sys.exit("tensorboard: the steps of the first file are dropped without a reason")
        damaged = bytearray(whole)
        damaged[len(whole) // 2] ^= 1
        second.write_bytes(damaged)
        if len(scalars(read(directory))) >= 10:
            sys.exit("tensorboard: a changed bit was not noticed")
    print("tensorboard: its reader finds the scalars and histograms, also after a resumption and with torn records.")


main(sys.argv[1])
