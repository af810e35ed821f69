"""ONNX Runtime, forward only."""

import onnxruntime

import onnx_models

version = onnxruntime.__version__


def build(workload, step, tensors, threads):
    model, inputs = onnx_models.build(workload, step, tensors)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run():
        return session.run(["output"], inputs)[0]

    return run, lambda: {"output": run()}
