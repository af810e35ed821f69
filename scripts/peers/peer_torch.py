"""PyTorch eager."""

import torch

import torch_models
import torch_routines
import torch_training

version = torch.__version__
DOUBLE = ("spectral_radius", "lyapunov")


def build(workload, step, tensors, threads, transform=lambda model: model):
    """`transform` compiles the function of a model."""
    torch.set_num_threads(threads)
    kind = workload.split("/")[0]
    dtype = torch.float64 if workload.endswith("/f64") or kind in DOUBLE else torch.float32
    tensors = {key: torch.from_numpy(value).to(dtype) for key, value in tensors.items()}
    if step == "training":
        return torch_training.build(workload, tensors)
    if kind in torch_routines.routines:
        return torch_routines.routines[kind](workload, tensors)
    model = torch_models.build(workload, tensors)
    forward = transform(model)
    input = tensors["input"].clone().requires_grad_()
    leaves = [input, *model.states, *model.module.parameters()]

    def run_forward():
        with torch.no_grad():
            return forward(input)

    def run_both():
        for leaf in leaves:
            leaf.grad = None
        output = forward(input)
        output.backward(tensors["output_gradient"])
        return output.detach()

    if step == "forward":
        return run_forward, lambda: {"output": run_forward().numpy()}

    def results():
        found = {"output": run_both(), "gradient.input": input.grad}
        found |= {f"gradient.{name}": parameter.grad for name, parameter in model.module.named_parameters()}
        found |= {f"gradient.state{i}": gradient for i, gradient in enumerate(model.state_gradients())}
        return {key: value.numpy() for key, value in found.items()}

    return run_both, results
