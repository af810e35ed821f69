"""Times a function as backflow-benchmark does (Measurement.swift)."""

import gc
import statistics
import time


def measure(run, seconds):
    """Calls `run` for about `seconds` after a warm-up, short runs in groups, and returns the times. For 0 seconds it
    calls it once, without a warm-up."""
    if seconds == 0:
        milliseconds = _time(run, 1) * 1e3
        return {"samples": 1, "median_ms": milliseconds, "min_ms": milliseconds}
    warm_up_end = time.perf_counter() + min(0.2, seconds / 4)
    once = _time(run, 1)
    while time.perf_counter() < warm_up_end:
        once = min(once, _time(run, 1))
    repetitions = max(1, int(100e-6 / max(once, 1e-9)))
    times, end = [], time.perf_counter() + seconds
    # A collection of Python's garbage belongs to no run.
    gc.disable()
    while not times or time.perf_counter() < end:
        times.append(_time(run, repetitions) / repetitions)
    gc.enable()
    return {"samples": len(times), "median_ms": statistics.median(times) * 1e3, "min_ms": min(times) * 1e3}


def _time(run, repetitions):
    start = time.perf_counter()
    for _ in range(repetitions):
        run()
    return time.perf_counter() - start
