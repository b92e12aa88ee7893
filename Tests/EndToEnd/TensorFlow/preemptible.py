"""Counts steps together with the other workers, and saves the count when it is stopped.

Under MultiWorkerMirroredStrategy each step adds one to a variable on every worker. The chief worker
appends each step to the file steps in TFJOB_CHECKPOINT_DIR, so that a test can see which steps were
done twice or not at all. PreemptionCheckpointHandler saves when one of the workers gets SIGTERM, also in a script that
imports tfjob.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("grpc_proxy", "")

import tensorflow as tf  # noqa: E402

import tfjob  # noqa: E402

FOLDER = os.environ["TFJOB_CHECKPOINT_DIR"]
STEPS = int(sys.argv[1])
IS_LEADER = json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0

strategy = tf.distribute.MultiWorkerMirroredStrategy()
with strategy.scope():
    count = tf.Variable(0.0, aggregation=tf.VariableAggregation.MEAN)
checkpoint = tf.train.Checkpoint(count=count)
# Restores the newest checkpoint of the folder.
handler = tf.distribute.experimental.PreemptionCheckpointHandler(
    tf.distribute.cluster_resolver.TFConfigClusterResolver(), checkpoint, os.path.join(FOLDER, "saved")
)


@tf.function
def add_one() -> tf.Tensor:
    """Adds the mean over all workers of one."""

    def replica() -> tf.Tensor:
        return tf.constant(1.0)

    count.assign_add(strategy.reduce(tf.distribute.ReduceOp.MEAN, strategy.run(replica), axis=None))
    return count.read_value()


first = int(count.numpy())
print(f"begins after step {first}", flush=True)
for step in range(first + 1, STEPS + 1):
    # The handler saves and ends the program before or after a step, never within one.
    done = int(handler.run(add_one).numpy())
    assert done == step, f"step {step} counted {done}"
    if IS_LEADER:
        with open(os.path.join(FOLDER, "steps"), "a") as steps:
            steps.write(f"{step}\n")
        print(f"step {step}", flush=True)
    tfjob.progress(step, of=STEPS)
    time.sleep(0.05)
print("all steps done", flush=True)
