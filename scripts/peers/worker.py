"""The resident process of one peer. Usage: worker.py PEER THREADS DIRECTORY

It answers the requests that backflow-benchmark --resident answers: `prepare WORKLOAD PASS`, when the results agree
with the tensors in DIRECTORY, and `measure SECONDS`; each answer is a line of JSON. The answer to the former has the
time of one run, for a driver that does not repeat long ones. The first line that it writes is the version of the peer,
or the reason why it is absent.

The module peer_NAME.py of a peer has `version` and `build(workload, step, tensors, threads)`, which returns the
function to time and one that returns the results, or raises NotImplementedError for a workload that it lacks.
"""

import importlib
import json
import os
import sys
import time

peer, threads, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
# Libraries read these when they are loaded.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(threads)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["JAX_PLATFORMS"] = "cpu"

# Answers have a descriptor of their own, because libraries print to standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from measure import measure  # noqa: E402
from tensors import TOLERANCE, difference, load  # noqa: E402


def say(answer):
    print(json.dumps(answer), file=answers, flush=True)


def prepare(module, workload, step):
    tensors = load(os.path.join(folder, workload))
    run, results = module.build(workload, step, tensors, threads)
    worst = difference(results(), tensors)
    if not worst <= TOLERANCE:
        raise ValueError(f"the results have a relative difference of {worst:.1e}")
    start = time.perf_counter()
    run()
    return run, {"difference": worst, "first_ms": (time.perf_counter() - start) * 1e3}


def main():
    try:
        module = importlib.import_module(f"peer_{peer}")
    except Exception as error:
        return say({"error": f"{type(error).__name__}: {error}"})
    say({"version": module.version})
    run = None
    for line in sys.stdin:
        request = line.split()
        try:
            if request[0] == "prepare":
                run = None
                run, answer = prepare(module, *request[1:])
                say(answer)
            else:
                say(measure(run, float(request[1])))
        except NotImplementedError:
            say({"lacking": True})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"})


main()
