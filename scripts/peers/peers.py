"""The peers: their names, what is installed for them, and the distributions whose size counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Peer:
    # The name of the module peer_NAME.py, and on the command line.
    name: str
    # The name in tables.
    title: str
    # What pip installs, and the modules that must be importable then.
    packages: tuple[str, ...]
    modules: tuple[str, ...]

    @property
    def distribution(self):
        return self.packages[0].split("[")[0]


PEERS = [
    Peer("torch", "PyTorch", ("torch",), ("torch",)),
    Peer("torch_compile", "torch.compile", ("torch",), ("torch",)),
    Peer("jax", "JAX", ("jax",), ("jax",)),
    Peer("tensorflow", "TensorFlow", ("tensorflow",), ("tensorflow",)),
    Peer("tensorflow_xla", "TensorFlow XLA", ("tensorflow",), ("tensorflow",)),
    Peer("mlx", "MLX", ("mlx[cpu]",), ("mlx.core",)),
    Peer("onnxruntime", "ONNX Runtime", ("onnxruntime", "onnx"), ("onnxruntime", "onnx")),
    Peer("openvino", "OpenVINO", ("openvino", "onnx"), ("openvino", "onnx")),
]


def selected(text):
    """Returns the peers of a comma-separated list, or all for None. Raises ValueError for an unknown name."""
    if text is None:
        return PEERS
    names = text.split(",")
    unknown = [name for name in names if name not in {peer.name for peer in PEERS}]
    if unknown:
        raise ValueError(f"there is no peer {unknown[0]}; the peers are {', '.join(peer.name for peer in PEERS)}")
    return [peer for peer in PEERS if peer.name in names]
