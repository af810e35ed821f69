"""PyTorch with torch.compile. It runs recurrent networks as PyTorch eager does, because it does not trace them."""

import torch

import peer_torch

version = torch.__version__


def build(workload, step, tensors, threads):
    # Compiled functions of earlier workloads are not needed, and their number is limited.
    torch.compiler.reset()
    return peer_torch.build(workload, step, tensors, threads, transform=torch.compile)
