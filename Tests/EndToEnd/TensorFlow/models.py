"""Trains Keras models, writes summaries, and saves and loads a SavedModel, with any TensorFlow from 2.15 on."""

import os
import sys

import numpy
import tensorflow as tf

minor = int(tf.__version__.split(".")[1])
events, folder = os.environ["TFJOB_EVENT_DIR"], os.environ["TFJOB_MODEL_DIR"]
x = numpy.arange(64, dtype="float32").reshape(-1, 1) / 64
y = 3 * x + 1


def train(keras):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="mse")
    losses = model.fit(x, y, epochs=60, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < 0.01, losses[-1]
    return model, losses


model, losses = train(tf.keras)
writer = tf.summary.create_file_writer(events)
with writer.as_default():
    for step, loss in enumerate(losses):
        tf.summary.scalar("loss", loss, step=step)
writer.flush()
assert any(name.startswith("events.out.tfevents") for name in os.listdir(events))

tf.saved_model.save(model, folder)
loaded = tf.saved_model.load(folder)
answer = list(loaded.signatures["serving_default"](tf.constant(x)).values())[0]
assert numpy.allclose(answer, model(x), atol=1e-5)

if minor >= 16:
    import tf_keras

    legacy, _ = train(tf_keras)
    legacy.save(folder + "/legacy.h5")
    assert numpy.allclose(tf_keras.models.load_model(folder + "/legacy.h5")(x), legacy(x), atol=1e-5)

print("TensorFlow", tf.__version__, "in", sys.prefix)
