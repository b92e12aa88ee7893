"""Trains on several workers with a loop of its own, and goes on after a stop where it was.

A stop loses no step: all workers stop after the same one and save. A kill loses the steps since the last save.
"""

import argparse
import os
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402

import tfjob  # noqa: E402

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--steps", type=int, default=1000)
options.add_argument("--save-every", type=int, default=100, help="the most steps that a kill loses")
options.add_argument("--pause", type=float, default=0.0, help="seconds after each step, to watch it")
options = options.parse_args()

strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    weights = tf.Variable(tf.zeros((8, 1)))
    done = tf.Variable(0, dtype=tf.int64)

# Every worker takes part in saving, and the chief's checkpoints are kept.
folder = tfjob.checkpoint_dir if tfjob.is_chief else tempfile.mkdtemp()
checkpoint = tf.train.Checkpoint(weights=weights, done=done)
manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
newest = tf.train.latest_checkpoint(tfjob.checkpoint_dir)
if newest:
    checkpoint.restore(newest).assert_consumed()
print(f"begins after step {int(done.numpy())}", flush=True)

target = tf.reshape(tf.range(8.0), (8, 1))


@tf.function
def train_step(step):
    """One step of gradient descent to the target, on examples that each worker makes for itself."""

    def gradient(step):
        inputs = tf.random.stateless_normal((32, 8), seed=[step, tfjob.replica_index])
        return tf.matmul(inputs, inputs @ (weights - target), transpose_a=True) / 32

    mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, strategy.run(gradient, args=(step,)), axis=None)
    weights.assign_sub(0.05 * mean)
    done.assign(step)
    return tf.norm(weights - target)


def save(step):
    """Saves the state after a step."""
    manager.save(checkpoint_number=step)
    tfjob.saved(step)


writer = tf.summary.create_file_writer(tfjob.event_dir) if tfjob.is_chief and tfjob.event_dir else None
for step in range(int(done.numpy()) + 1, options.steps + 1):
    distance = float(train_step(tf.constant(step, tf.int64)))
    tfjob.progress(step, of=options.steps, metrics={"distance": distance})
    if tfjob.is_chief:
        print(f"step {step} distance {distance:.4f}", flush=True)
    if writer and step % 10 == 0:
        with writer.as_default(step):
            tf.summary.scalar("distance", distance)
    if tfjob.should_stop(strategy):
        save(step)
        print(f"saved at step {step}", flush=True)
        sys.exit(tfjob.RESTART)
    if step % options.save_every == 0 or step == options.steps:
        save(step)
    time.sleep(options.pause)

if distance > 0.1:
    sys.exit(f"the weights are {distance:.4f} away from the target")
print("the weights are found", flush=True)
