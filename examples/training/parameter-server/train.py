"""Trains with parameter servers, and goes on after a stop where it was.

The chief hands out the steps and saves. A stop loses no step; a kill of the chief loses the steps since the last save.
"""

import argparse
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Without it a call to a replica that is gone waits in place of failing.
os.environ["GRPC_FAIL_FAST"] = "use_caller"

import tensorflow as tf  # noqa: E402

import tfjob  # noqa: E402

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--rounds", type=int, default=50)
options.add_argument("--steps", type=int, default=20, help="the steps of a round, after which the chief saves")
options.add_argument("--pause", type=float, default=0.0, help="seconds after each round, to watch it")
options = options.parse_args()

resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
if resolver.task_type in ("worker", "ps"):
    # They never end by themselves: the service ends them with the chief.
    tf.distribute.Server(
        resolver.cluster_spec(), job_name=resolver.task_type, task_index=resolver.task_id, protocol="grpc"
    ).join()

strategy = tf.distribute.ParameterServerStrategy(resolver)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
with strategy.scope():
    slope, offset = tf.Variable(0.0), tf.Variable(0.0)
    done = tf.Variable(0, dtype=tf.int64)
checkpoint = tf.train.Checkpoint(slope=slope, offset=offset, done=done)
manager = tf.train.CheckpointManager(checkpoint, tfjob.checkpoint_dir, max_to_keep=2)
manager.restore_or_initialize()
print(f"begins after round {int(done.numpy())}", flush=True)


@tf.function
def train_step():
    """One step of gradient descent to y = 3 x + 2 on a random batch."""
    x = tf.random.uniform((32,), -1.0, 1.0)
    error = slope * x + offset - (3.0 * x + 2.0)
    slope.assign_sub(0.1 * tf.reduce_mean(error * x))
    offset.assign_sub(0.1 * tf.reduce_mean(error))


for number in range(int(done.numpy()) + 1, options.rounds + 1):
    for _ in range(options.steps):
        coordinator.schedule(train_step)
    coordinator.join()
    done.assign(number)
    manager.save(checkpoint_number=number)
    step = number * options.steps
    tfjob.saved(step)
    tfjob.progress(step, of=options.rounds * options.steps)
    print(f"round {number} slope {float(slope.numpy()):.3f} offset {float(offset.numpy()):.3f}", flush=True)
    if tfjob.should_stop(strategy):
        print(f"saved at step {step}", flush=True)
        sys.exit(tfjob.RESTART)
    time.sleep(options.pause)

if abs(float(slope.numpy()) - 3) > 0.3 or abs(float(offset.numpy()) - 2) > 0.3:
    sys.exit(f"the line is wrong: {float(slope.numpy()):.3f} x + {float(offset.numpy()):.3f}")
print("the line is found", flush=True)
