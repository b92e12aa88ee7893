"""Trains a Keras model on several workers, and goes on after a stop where it was.

A stop keeps all weights, and the epoch that was under way begins again. A kill loses that epoch.
"""

import argparse
import importlib.util
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Keras 3 can't train with MultiWorkerMirroredStrategy. TensorFlow up to 2.15 has the older Keras itself, and newer
# runtimes have it as tf_keras.
if importlib.util.find_spec("tf_keras"):
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import tensorflow as tf  # noqa: E402

import tfjob  # noqa: E402

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--epochs", type=int, default=20)
options.add_argument("--pause", type=float, default=0.0, help="seconds after each epoch, to watch it")
options = options.parse_args()

strategy = tf.distribute.MultiWorkerMirroredStrategy()

inputs = tf.random.stateless_uniform((4096, 2), seed=(1, 2), minval=-1.0)
labels = tf.cast(inputs[:, 0] * inputs[:, 1] > 0, tf.int32)
data = tf.data.Dataset.from_tensor_slices((inputs, labels)).shuffle(4096, seed=3).batch(64)
data_options = tf.data.Options()
# The examples are in memory, so there are no files to share out.
data_options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
data = data.with_options(data_options)

with strategy.scope():
    model = tf.keras.Sequential(
        [tf.keras.Input((2,)), tf.keras.layers.Dense(32, activation="relu"), tf.keras.layers.Dense(2)]
    )
    model.compile(
        optimizer=tf.keras.optimizers.Adam(0.005),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )


class Pause(tf.keras.callbacks.Callback):
    """Prints each epoch and waits after it."""

    def on_epoch_end(self, epoch, logs=None):
        print(f"epoch {epoch + 1} accuracy {logs['accuracy']:.3f}", flush=True)
        time.sleep(options.pause)


callbacks = [tfjob.KerasCallback(keras=tf.keras), Pause()]
if tfjob.is_chief and tfjob.event_dir:
    callbacks.append(tf.keras.callbacks.TensorBoard(tfjob.event_dir))
history = model.fit(data, epochs=options.epochs, callbacks=callbacks, verbose=0).history
if "accuracy" in history and history["accuracy"][-1] < 0.9:
    sys.exit(f"the accuracy is only {history['accuracy'][-1]:.3f}")
print("the model is trained", flush=True)
