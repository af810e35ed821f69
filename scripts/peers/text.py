"""Compares the rate of `backflow train text` with that of PyTorch's same model on the same text, in turns.

Usage: .build-peers/bin/python scripts/peers/text.py TEXT [rounds, by default 3]

The model has an embedding of 64, two LSTM layers of 128 and a linear layer, in batches of 32 streams with windows
of 64 characters. PyTorch trains only; the rate of `backflow` includes its validation, its monitor and its
metrics. Both use as many threads as there are processors.
"""

import os
import re
import statistics
import subprocess
import sys
import time

import torch

BATCH, STEPS, EMBEDDING, HIDDEN = 32, 64, 64, 128


class Model(torch.nn.Module):
    def __init__(self, symbols):
        super().__init__()
        self.embedding = torch.nn.Embedding(symbols, EMBEDDING)
        self.lstm = torch.nn.LSTM(EMBEDDING, HIDDEN, num_layers=2)
        self.readout = torch.nn.Linear(HIDDEN, symbols)

    def forward(self, tokens, state):
        output, state = self.lstm(self.embedding(tokens), state)
        return self.readout(output), state


def torch_rate(tokens, symbols, updates=250):
    """Characters a second of PyTorch, after some updates that do not count."""
    torch.manual_seed(1)
    model = Model(symbols)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    length = len(tokens) // BATCH
    streams = tokens[: length * BATCH].reshape(BATCH, length).T.contiguous()
    state = None
    for update in range(updates + 20):
        if update == 20:
            start = time.perf_counter()
        begin = update * STEPS % (length - STEPS - 1)
        logits, state = model(streams[begin : begin + STEPS], state)
        state = tuple(part.detach() for part in state)
        targets = streams[begin + 1 : begin + STEPS + 1]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return updates * BATCH * STEPS / (time.perf_counter() - start)


def backflow_rate(path):
    """Characters a second of an epoch of `backflow train text`, by its own output."""
    program = ".build/release/backflow"
    output = subprocess.run(
        [program, "train", "text", path, "--epochs", "1", "--threads", str(os.cpu_count())],
        capture_output=True, text=True, check=True).stdout
    number, unit = re.search(r"epoch 1/1.* ([0-9.]+) ?([kM]?) characters/s", output).groups()
    return float(number) * {"": 1, "k": 1e3, "M": 1e6}[unit]


def main():
    path = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    text = open(path, encoding="utf-8", newline="").read()
    symbols = sorted(set(text))
    numbers = {symbol: number for number, symbol in enumerate(symbols)}
    tokens = torch.tensor([numbers[symbol] for symbol in text])
    ratios = []
    for _ in range(rounds):
        ours, theirs = backflow_rate(path), torch_rate(tokens, len(symbols))
        ratios.append(ours / theirs)
        print(f"backflow {ours / 1e3:.1f} k, PyTorch {theirs / 1e3:.1f} k characters/s: {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}, PyTorch {torch.__version__}")


main()
