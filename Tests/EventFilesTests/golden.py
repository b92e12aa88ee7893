#!/usr/bin/env python3
"""Writes event files with TensorFlow, and reads some with TensorBoard, which judges what EventFiles reads.

    golden.py write FOLDER      needs TensorFlow and TensorBoard
    golden.py read FOLDER       prints {folder: {tag: [[step, wall time, value], …]}}; needs TensorBoard
"""

import json
import math
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

TYPES = ["float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
         "uint64", "bool"]


def write(folder):
    import numpy as np
    import tensorflow as tf

    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = "scalars"
    # One writer of one folder after another gives two files.
    for part in range(2):
        with tf.summary.create_file_writer(folder, filename_suffix=".part%d" % part).as_default():
            for step in range(3 * part, 3 * part + 3):
                tf.summary.scalar("loss", 1 / (step + 1), step=step)
                tf.summary.scalar("nested/name with spaces, µ", step * 1e30, step=step)
                for name in TYPES:
                    value = tf.cast(tf.constant(-1 if name[0] in "ifb" and name != "bool" else 200), name)
                    tf.summary.write("types/" + name, value if step else tf.zeros((), name), step=step, metadata=metadata)
            tf.summary.scalar("odd", float("nan"), step=10)
            tf.summary.scalar("odd", float("inf"), step=11)
            tf.summary.scalar("odd", -float("inf"), step=12)
            tf.summary.histogram("histogram", [1.0, 2.0, 2.5], step=1, buckets=3)
            tf.summary.text("text", "a word", step=1)
            tf.summary.image("image", np.zeros((1, 2, 2, 3), np.uint8), step=1)
    for name in ["train", "validation"]:
        with tf.summary.create_file_writer(os.path.join(folder, name)).as_default():
            for step in range(0, 60, 20):
                tf.summary.scalar("epoch_loss", -step, step=step)
    # TensorFlow 1 and PyTorch write simple values.
    with tf.Graph().as_default():
        writer = tf.compat.v1.summary.FileWriter(os.path.join(folder, "old"))
        for step in range(3):
            value = tf.compat.v1.Summary.Value(tag="accuracy", simple_value=step / 4)
            writer.add_summary(tf.compat.v1.Summary(value=[value]), step)
        writer.close()


def read(folder):
    from tensorboard.backend.event_processing import plugin_event_accumulator
    from tensorboard.util import tensor_util

    def number(value):
        value = float(value)
        return value if math.isfinite(value) else str(value)

    result = {}
    for path, _, names in sorted(os.walk(folder)):
        if not any("tfevents" in name for name in names):
            continue
        events = plugin_event_accumulator.EventAccumulator(path, size_guidance={"tensors": 0})
        events.Reload()
        curves = {}
        for tag in events.Tags()["tensors"]:
            # TensorBoard by itself does not know bfloat16.
            if tag != "types/bfloat16" and events.SummaryMetadata(tag).plugin_data.plugin_name == "scalars":
                curves[tag] = [
                    [event.step, event.wall_time, number(tensor_util.make_ndarray(event.tensor_proto).item())]
                    for event in events.Tensors(tag)
                ]
        relative = os.path.relpath(path, folder)
        result["" if relative == "." else relative] = curves
    return result


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        print(json.dumps(read(sys.argv[2]), sort_keys=True, separators=(",", ":")))
