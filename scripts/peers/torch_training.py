"""The training steps in PyTorch: forward, loss, backward, clipping by norm, and Adam."""

import torch
from torch import nn

from tensors import parameters


class Recurrent(nn.Module):
    """An LSTM with a readout at every step, and before it an embedding if the input is characters."""

    def __init__(self, tensors):
        super().__init__()
        found = parameters(tensors)
        if "embedding.weight" in found:
            self.embedding = nn.Embedding(*found["embedding.weight"].shape)
        self.lstm = nn.LSTM(found["lstm.weight_ih_l0"].shape[1], found["lstm.weight_hh_l0"].shape[1])
        self.readout = nn.Linear(found["readout.weight"].shape[1], len(found["readout.weight"]))
        for name, parameter in self.named_parameters():
            parameter.data = found[name].clone()
        self.lstm.flatten_parameters()

    def forward(self, input):
        vectors = self.embedding(input) if hasattr(self, "embedding") else input
        return self.readout(self.lstm(vectors)[0])


def build(workload, tensors):
    if not tensors:
        raise NotImplementedError
    isText = "parameter.embedding.weight" in tensors
    model = Recurrent(tensors)
    input = tensors["input"].long() if isText else tensors["input"]
    labels = tensors["labels"].long().flatten()
    optimizers = ([torch.optim.Adam(model.parameters())] if isText
                  else [torch.optim.Adam(part.parameters()) for part in (model.lstm, model.readout)])
    # As in the workloads.
    clipped = list((model if isText else model.lstm).parameters())

    def gradients():
        model.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(input).flatten(0, 1), labels)
        loss.backward()
        return loss.detach()

    def run():
        loss = gradients()
        nn.utils.clip_grad_norm_(clipped, 1)
        for optimizer in optimizers:
            optimizer.step()
        return loss

    def results():
        found = {"loss": gradients()}
        found |= {f"gradient.{name}": parameter.grad for name, parameter in model.named_parameters()}
        return {key: value.numpy() for key, value in found.items()}

    return run, results
