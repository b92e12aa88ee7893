"""Fits a line with parameter servers: the chief hands out steps, the workers take them.

Workers and parameter servers never end by themselves. The chief goes on from the newest checkpoint,
and fails when a parameter server is gone.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("grpc_proxy", "")
# Without it, a call to a peer that is gone waits instead of failing.
os.environ["GRPC_FAIL_FAST"] = "use_caller"

import tensorflow as tf  # noqa: E402

EPOCHS = int(sys.argv[1])
STEPS_OF_EPOCH = 20

resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
if resolver.task_type in ("worker", "ps"):
    server = tf.distribute.Server(
        resolver.cluster_spec(), job_name=resolver.task_type, task_index=resolver.task_id, protocol="grpc"
    )
    print(f"{resolver.task_type} {resolver.task_id} serves", flush=True)
    server.join()

strategy = tf.distribute.ParameterServerStrategy(resolver)
coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
with strategy.scope():
    slope = tf.Variable(0.0)
    offset = tf.Variable(0.0)
    epochs = tf.Variable(0, dtype=tf.int64)
manager = tf.train.CheckpointManager(
    tf.train.Checkpoint(slope=slope, offset=offset, epochs=epochs), os.environ["TFJOB_CHECKPOINT_DIR"], max_to_keep=3
)
if manager.restore_or_initialize():
    print(f"goes on from epoch {int(epochs.numpy())}", flush=True)


@tf.function
def step() -> None:
    """One step of gradient descent to y = 3 x + 2 on a random batch."""
    x = tf.random.uniform((32,), -1.0, 1.0)
    error = slope * x + offset - (3.0 * x + 2.0)
    slope.assign_sub(0.1 * tf.reduce_mean(error * x))
    offset.assign_sub(0.1 * tf.reduce_mean(error))


for epoch in range(int(epochs.numpy()) + 1, EPOCHS + 1):
    for _ in range(STEPS_OF_EPOCH):
        coordinator.schedule(step)
    coordinator.join()
    epochs.assign(epoch)
    manager.save(checkpoint_number=epoch)
    print(f"epoch {epoch} slope {float(slope.numpy()):.3f} offset {float(offset.numpy()):.3f}", flush=True)
    time.sleep(0.2)
found = float(slope.numpy()), float(offset.numpy())
with open(os.path.join(os.environ["TFJOB_MODEL_DIR"], "line.json"), "w") as file:
    json.dump({"slope": found[0], "offset": found[1]}, file)
if abs(found[0] - 3) > 0.3 or abs(found[1] - 2) > 0.3:
    sys.exit(f"the line is wrong: {found}")
print("the line is found", flush=True)
