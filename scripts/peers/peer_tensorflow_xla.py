"""TensorFlow with tf.function compiled by XLA."""

import peer_tensorflow

version = peer_tensorflow.version


def build(workload, step, tensors, threads):
    return peer_tensorflow.build(workload, step, tensors, threads, xla=True)
