"""Learns to read handwritten digits, together with the other workers that TF_CONFIG names.

Synchronous data parallelism as a plain loop under MultiWorkerMirroredStrategy: each batch is split
among the workers, their gradients are summed, and every worker takes the same step. Without
TF_CONFIG the same loop trains in one process.

The folders to write to come in TFJOB_MODEL_DIR, TFJOB_EVENT_DIR and TFJOB_CHECKPOINT_DIR; each may
be missing. Where there is a checkpoint of an earlier run, the training goes on from it.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

# Read by TensorFlow when it is imported: what is left in the log is the training.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# The workers talk to each other directly. Without this, gRPC would look for them behind the proxy
# that http_proxy names, even on this machine, and wait for them without end.
os.environ.setdefault("grpc_proxy", "")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

DIGITS = Path(__file__).with_name("digits.npz")
LOWEST_ACCURACY = 0.93
SEED = 7


class Task(NamedTuple):
    """Which of the job's workers this process is."""

    name: str
    is_distributed: bool
    is_chief: bool

    @classmethod
    def from_environment(cls) -> "Task":
        """Reads TF_CONFIG. Where no worker is called chief, worker 0 has that part."""
        config = json.loads(os.environ.get("TF_CONFIG") or "{}")
        task = config.get("task", {"type": "worker", "index": 0})
        first = "chief" if config.get("cluster", {}).get("chief") else "worker"
        return cls(
            name=f"{task['type']} {task['index']}",
            is_distributed=bool(config),
            is_chief=task["type"] == first and task["index"] == 0,
        )

    def say(self, text: str) -> None:
        """Prints a line at once, so that whoever follows the log sees the training move."""
        print(f"{self.name}: {text}", flush=True)


class Examples(NamedTuple):
    """Images as rows of 64 grey values from 0 to 1, and the digits they show."""

    images: np.ndarray
    labels: np.ndarray


def load_digits() -> tuple[Examples, Examples]:
    """The training examples and the test examples.

    Every seventh image is for the test. The digits come in runs from 0 to 9, so a step that shares
    no factor with ten takes its share of each of them, without a generator that could change.
    """
    with np.load(DIGITS) as file:
        images = file["images"].astype(np.float32) / 16
        labels = file["labels"].astype(np.int64)
    is_test = np.arange(len(labels)) % 7 == 0
    return Examples(images[~is_test], labels[~is_test]), Examples(images[is_test], labels[is_test])


class Layer(tf.Module):
    """A dense layer without an activation."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        normal = tf.random.stateless_normal((inputs, outputs), seed=(SEED, inputs))
        self.weight = tf.Variable(normal * (2 / inputs) ** 0.5)
        self.bias = tf.Variable(tf.zeros(outputs))

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """One row of outputs for each row of values."""
        return values @ self.weight + self.bias


class Network(tf.Module):
    """One hidden layer: all that images of 8 x 8 pixels ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = Layer(64, 128)
        self.output = Layer(128, 10)

    @tf.function(input_signature=[tf.TensorSpec((None, 64), tf.float32, name="images")])
    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """The logits of the ten digits."""
        return self.output(tf.nn.relu(self.hidden(images)))

    def accuracy(self, examples: Examples) -> float:
        """The share of the examples that are read right."""
        logits = self(tf.constant(examples.images)).numpy()
        return float(np.mean(logits.argmax(axis=1) == examples.labels))


class Momentum(tf.Module):
    """Gradient descent with momentum; a module, so that checkpoints keep the velocities."""

    def __init__(self, network: Network, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.targets = network.trainable_variables
        self.velocities = [tf.Variable(tf.zeros_like(target)) for target in self.targets]

    def apply(self, gradients: list[tf.Tensor]) -> None:
        """Takes one step against the gradients of the targets."""
        for target, velocity, gradient in zip(
            self.targets, self.velocities, gradients, strict=True
        ):
            velocity.assign(0.9 * velocity + gradient)
            target.assign_sub(self.learning_rate * velocity)


def make_strategy(task: Task) -> tf.distribute.Strategy:
    """The strategy for this task; a distributed one connects to the other workers first."""
    if not task.is_distributed:
        return tf.distribute.get_strategy()
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    # TensorFlow now catches SIGTERM and only takes note of it: a worker that is told to stop would
    # train on. By default it ends, and loses no more than the epoch under way.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return strategy


def make_batches(
    strategy: tf.distribute.Strategy, examples: Examples, batch_size: int
) -> tf.distribute.DistributedDataset:
    """Batches of which each worker gets its share; the seed gives all of them the same order."""
    dataset = tf.data.Dataset.from_tensor_slices(examples)
    dataset = dataset.shuffle(len(examples.labels), seed=SEED)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    options = tf.data.Options()
    # The examples are in memory, so there are no files to share out.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return strategy.experimental_distribute_dataset(dataset.with_options(options))


def make_step(
    strategy: tf.distribute.Strategy, network: Network, optimizer: Momentum, batch_size: int
) -> Callable[[Examples], tf.Tensor]:
    """A function that trains on one batch and returns its mean loss, both over all workers."""

    def differentiate(examples: Examples) -> tuple[tf.Tensor, list[tf.Tensor]]:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels=examples.labels, logits=network(examples.images)
            )
            # Over the whole batch, not this worker's share, so that the sum below is the mean.
            loss = tf.nn.compute_average_loss(losses, global_batch_size=batch_size)
        return loss, tape.gradient(loss, optimizer.targets)

    def total(value: tf.Tensor) -> tf.Tensor:
        return strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)

    @tf.function
    def step(examples: Examples) -> tf.Tensor:
        loss, gradients = strategy.run(differentiate, args=(examples,))
        optimizer.apply([total(gradient) for gradient in gradients])
        return total(loss)

    return step


def restore_newest(task: Task, checkpoint: tf.train.Checkpoint) -> None:
    """Reads the newest checkpoint of the job, if there is one: every worker the same."""
    folder = os.environ.get("TFJOB_CHECKPOINT_DIR")
    newest = tf.train.latest_checkpoint(folder) if folder else None
    if newest:
        checkpoint.restore(newest).assert_existing_objects_matched()
        task.say(f"goes on from {newest}")


@contextlib.contextmanager
def folder_to_write(variable: str, task: Task) -> Iterator[Path | None]:
    """The folder that an environment variable names; a temporary one for all but the chief.

    Every worker has to take part in saving, which may synchronise variables between them, but no
    two may write to the same files.
    """
    folder = os.environ.get(variable)
    if not folder:
        yield None
    elif task.is_chief:
        yield Path(folder)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)


def make_event_writer(task: Task) -> tf.summary.SummaryWriter:
    """Writes TensorBoard events, on the chief alone."""
    folder = os.environ.get("TFJOB_EVENT_DIR")
    if folder and task.is_chief:
        return tf.summary.create_file_writer(folder)
    return tf.summary.create_noop_writer()


def write_scalars(epoch: int, **scalars: float) -> None:
    """Does what `tf.summary.scalar` does, which needs TensorBoard to be installed."""
    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = "scalars"
    for tag, value in scalars.items():
        tf.summary.write(tag, tf.constant(value, tf.float32), step=epoch, metadata=metadata)


def train(task: Task, options: argparse.Namespace, training: Examples, test: Examples) -> Network:
    """Trains from the newest checkpoint, or from the start, to the last epoch."""
    strategy = make_strategy(task)
    task.say(f"TensorFlow {tf.__version__}, workers in step: {strategy.num_replicas_in_sync}")
    with strategy.scope():
        network = Network()
        optimizer = Momentum(network, options.learning_rate)
        done = tf.Variable(0, name="epochs_done")
    checkpoint = tf.train.Checkpoint(network=network, optimizer=optimizer, done=done)
    restore_newest(task, checkpoint)
    step = make_step(strategy, network, optimizer, options.batch_size)
    batches = make_batches(strategy, training, options.batch_size)
    with (
        folder_to_write("TFJOB_CHECKPOINT_DIR", task) as folder,
        make_event_writer(task).as_default(),
    ):
        manager = folder and tf.train.CheckpointManager(checkpoint, str(folder), max_to_keep=3)
        for epoch in range(int(done.numpy()) + 1, options.epochs + 1):
            loss = float(np.mean([step(batch) for batch in batches]))
            accuracy = network.accuracy(test)
            task.say(f"epoch {epoch}/{options.epochs} loss {loss:.4f} accuracy {accuracy:.3f}")
            write_scalars(epoch, loss=loss, accuracy=accuracy)
            done.assign(epoch)
            if manager:
                manager.save(checkpoint_number=epoch)
    return network


def save_model(task: Task, network: Network, accuracy: float) -> None:
    """Writes the model and, beside it, how well it reads the test images."""
    with folder_to_write("TFJOB_MODEL_DIR", task) as folder:
        if folder:
            tf.saved_model.save(network, str(folder), signatures=network.__call__)
            result = json.dumps({"accuracy": round(accuracy, 4)})
            (folder / "accuracy.json").write_text(result + "\n")


def parse_options(largest_batch: int) -> argparse.Namespace:
    """Reads the command line, and refuses a batch that could never be filled."""
    parser = argparse.ArgumentParser(description="Learns to read handwritten digits.")
    parser.add_argument("--epochs", type=int, default=10, metavar="N")
    parser.add_argument("--learning-rate", type=float, default=0.1, metavar="RATE")
    parser.add_argument("--batch-size", type=int, default=64, metavar="N", help="over all workers")
    options = parser.parse_args()
    if not 1 <= options.batch_size <= largest_batch:
        parser.error(f"--batch-size must be from 1 to {largest_batch}")
    return options


def main() -> None:
    """Trains, saves, and fails where the model reads too few of the test images."""
    task = Task.from_environment()
    training, test = load_digits()
    options = parse_options(largest_batch=len(training.labels))
    try:
        network = train(task, options, training, test)
        accuracy = network.accuracy(test)
        save_model(task, network, accuracy)
    except tf.errors.UnavailableError:
        # The log has TensorFlow's own lines on it; a page of traceback would only bury them.
        sys.exit(f"{task.name}: another worker is gone, and none can go on alone")
    task.say(f"test accuracy {accuracy:.4f}")
    if accuracy < LOWEST_ACCURACY:
        sys.exit(f"{task.name}: the accuracy is below {LOWEST_ACCURACY}; try more --epochs")


if __name__ == "__main__":
    main()
