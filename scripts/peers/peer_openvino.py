"""OpenVINO, forward only."""

import openvino

import onnx_models

version = openvino.__version__


def build(workload, step, tensors, threads):
    model, inputs = onnx_models.build(workload, step, tensors)
    core = openvino.Core()
    # Single precision also on processors with faster types.
    compiled = core.compile_model(core.read_model(model), "CPU", {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()

    def run():
        return request.infer(inputs, share_inputs=True, share_outputs=True)[0]

    return run, lambda: {"output": run().copy()}
