"""The rows of the comparison: workloads of backflow-benchmark, their passes, and the peers that run them."""

from dataclasses import dataclass

# The forward pass of the prepared network, which the peers know as the forward pass, and both passes in training.
PASSES = ("served", "forward_backward")


@dataclass(frozen=True)
class Row:
    workload: str
    steps: tuple[str, ...] = PASSES
    # The peers to compare with, or None for all.
    peers: tuple[str, ...] | None = None
    # The numbers of threads, or None for those of the whole run.
    threads: tuple[int, ...] | None = None


# The networks that every peer has.
TABLE = [Row(f"mlp/{sizes}") for sizes in ("b1/i64/h64", "b32/i784/h128", "b128/i784/h512")] + [
    Row(f"{kind}/{sizes}") for kind in ("rnn", "lstm", "gru")
    for sizes in ("b1/t100/i32/h64", "b32/t64/i64/h128", "b64/t128/i256/h512")]

TORCH, JAX = ("torch",), ("torch", "jax")
FORWARD = ("forward",)
TRAINING = ("training",)

OTHERS = [
    Row("conv/b32/c3/hw32", peers=JAX),
    Row("depthwise/b32/c32/hw32", peers=JAX),
    Row("attention/b8/t128/d256/heads4", peers=TORCH),
    Row("layernorm/1024x512", peers=JAX),
    Row("batchnorm/b32/c64/hw16", peers=JAX),
    Row("bidirectional-lstm/b32/t64/i64/h128", peers=TORCH),
    Row("ragged-lstm/b32/t64/i64/h128", peers=TORCH),
    Row("step/lstm/h128", FORWARD, TORCH),
    Row("step/gru/h128", FORWARD, TORCH),
    Row("train/lstm/b32/t64/i64/h128", TRAINING, TORCH),
    Row("train/charlm/b32/t64", TRAINING, TORCH),
    Row("matmul/n128", FORWARD, TORCH),
    Row("matmul/n512", FORWARD, TORCH),
    Row("matmul/n2048", FORWARD, TORCH),
    Row("spectral_radius/n256", FORWARD, TORCH),
    Row("spectral_radius/n512", FORWARD, TORCH),
    Row("spectral_radius/n1024", FORWARD, TORCH),
    Row("spectral_radius/n2048", FORWARD, TORCH),
    Row("lyapunov/lstm/h128/t500", FORWARD, TORCH),
    Row("mlp/b32/i784/h128/f64", peers=TORCH),
    Row("lstm/b32/t64/i64/h128/f64", peers=TORCH),
    Row("gru/b32/t64/i64/h128/f64", peers=TORCH),
    Row("matmul/n512/f64", FORWARD, TORCH),
]

# For the growth of the time with T at B = 32 and with B at T = 64, on one thread.
TIMES = {t: "lstm/b32/t64/i64/h128" if t == 64 else f"growth/lstm/b32/t{t}/i64/h128" for t in (16, 32, 64, 128, 256)}
BATCHES = {b: "lstm/b32/t64/i64/h128" if b == 32 else f"growth/lstm/b{b}/t64/i64/h128" for b in (4, 8, 16, 32, 64)}
GROWTH = [Row(name, peers=TORCH, threads=(1,)) for name in [*TIMES.values(), *BATCHES.values()] if "growth" in name]

ROWS = TABLE + OTHERS + GROWTH
