"""What a training script needs to know of its job, and how it stops and resumes.

    import tfjob

    for step in range(first, last):
        train()
        tfjob.progress(step + 1, of=last)
        if tfjob.should_stop():
            save(step + 1)
            tfjob.saved(step + 1)
            sys.exit(tfjob.RESTART)

tfjob-admin puts this module on sys.path of every run. It needs Python 3.7 and nothing else; only KerasCallback and
should_stop(strategy) use a framework. By hand, outside a job, everything works too: the folders are below ./tfjob-output.

A job with one replica has no TF_CONFIG, and TensorFlow trains alone; replica_type and replica_index are set all the same.

Importing the module in the main thread makes SIGTERM set a flag, in place of ending the process, so a script that
imports it has to call should_stop(). Parameter servers and their workers end at SIGTERM as before. Strategies for several workers install a handler of TensorFlow itself. It stays in
force, so that tf.distribute.experimental.PreemptionCheckpointHandler works, until should_stop(strategy) is called.
"""

import atexit
import json
import math
import os
import signal
import sys
import threading
import time

#: The exit code that asks for a restart. A job retries it by default under the restart policy ExitCode.
RESTART = 42

#: Whether the script runs in a job of tfjob-admin.
in_job = "TFJOB_ID" in os.environ


def _folder(variable, name):
    """The folder of a job, or None where the job file has none. By hand it is a new folder below ./tfjob-output."""
    path = os.environ.get(variable)
    if path or in_job:
        return path or None
    return os.path.join(os.getcwd(), "tfjob-output", name)


def _number(value):
    """A whole number in a text; 0 if it is none."""
    value = str(value)
    return int(value) if value.isdigit() else 0


def _config(name):
    """An object of TF_CONFIG; empty if it is absent."""
    try:
        value = json.loads(os.environ.get("TF_CONFIG") or "{}").get(name)
    except (ValueError, AttributeError):
        value = None
    return value if isinstance(value, dict) else {}


def _is_chief():
    """Whether this is the chief; without one, worker 0; without workers, replica 0."""
    leaders = [kind for kind in ("chief", "master", "worker") if _config("cluster").get(kind)]
    return replica_index == 0 and (not leaders or replica_type == leaders[0])


def _only_serves():
    """Whether this replica does what a chief asks of it, in a call that never returns: it can't call should_stop()."""
    kinds = _config("cluster")
    return replica_type == "ps" or (replica_type == "worker" and bool(kinds.get("ps")) and bool(kinds.get("chief")))


checkpoint_dir = _folder("TFJOB_CHECKPOINT_DIR", "checkpoints")
event_dir = _folder("TFJOB_EVENT_DIR", "events")
model_dir = _folder("TFJOB_MODEL_DIR", "model")
log_dir = _folder("TFJOB_LOG_DIR", "logs")

cluster = os.environ.get("TFJOB_CLUSTER", "")
partition = os.environ.get("TFJOB_PARTITION", "")
id = os.environ.get("TFJOB_ID", "")
run = _number(os.environ.get("TFJOB_RUN", ""))
commit = os.environ.get("TFJOB_COMMIT", "")
replica_type = os.environ.get("TFJOB_REPLICA_TYPE") or _config("task").get("type") or "worker"
replica_index = _number(os.environ.get("TFJOB_REPLICA_INDEX") or _config("task").get("index", 0))
#: Whether this replica saves the checkpoints and the model.
is_chief = _is_chief()


class _Stop:
    """Finds out whether the run is being stopped."""

    def __init__(self):
        self.requested = False
        self.decided = False
        self.checked = -math.inf
        self.callbacks = []
        self.agreement = None

    def handle_signal(self, number, frame):
        self.requested = True

    def install_handler(self):
        # Python allows it in the main thread alone.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.handle_signal)

    def is_requested(self):
        """Whether SIGTERM came or the stop file exists. The file is looked for at most ten times a second."""
        now = time.monotonic()
        if not self.requested and now - self.checked >= 0.1:
            self.checked = now
            file = os.environ.get("TFJOB_STOP_FILE")
            self.requested = bool(file) and os.path.exists(file)
        return self.requested

    def decide(self, requested):
        """Calls the callbacks the first time that the run has to stop."""
        self.decided = self.decided or requested
        if self.decided and threading.current_thread() is threading.main_thread():
            callbacks, self.callbacks = self.callbacks, []
            for callback in callbacks:
                callback()
        return self.decided


class _Agreement:
    """Makes all workers of a strategy stop after the same step.

    A stop reaches one worker first, and the others wait for it in the next all-reduce. So the workers ask each other
    after the same steps, about twice a second: each all-reduce also gives all of them the same mean time of a step.
    """

    INTERVAL = 0.5

    def __init__(self, strategy):
        import tensorflow as tf

        def reduce(values):
            values = strategy.run(lambda value: value + 0.0, args=(values,))
            return strategy.reduce(tf.distribute.ReduceOp.MEAN, values, axis=None)

        self.strategy = strategy
        self.reduce = tf.function(reduce)
        self.constant = tf.constant
        self.calls = 0
        self.every = 1
        self.time = time.monotonic()

    def is_stopped(self, requested):
        """Whether any worker has to stop. All workers have to call it equally often."""
        self.calls += 1
        if self.calls < self.every:
            return False
        now = time.monotonic()
        values = self.constant([1.0 if requested else 0.0, (now - self.time) / self.calls])
        stopped, seconds = (float(value) for value in self.reduce(values).numpy())
        self.calls, self.time = 0, time.monotonic()
        self.every = max(1, min(1000, 2 * self.every, int(self.INTERVAL / max(seconds, 1e-6))))
        return stopped > 0


_stop = _Stop()
if not _only_serves():
    _stop.install_handler()
if hasattr(os, "register_at_fork"):
    # A child of multiprocessing has to end at SIGTERM.
    os.register_at_fork(after_in_child=lambda: _leave_job())


def _leave_job():
    """Makes a forked child end at SIGTERM and report nothing."""
    if signal.getsignal(signal.SIGTERM) == _stop.handle_signal:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _report.is_own = False


def should_stop(strategy=None):
    """Returns whether the run is being stopped. Call it after each step; it costs next to nothing.

    Under MultiWorkerMirroredStrategy pass the strategy, and call this in every worker after every step. All workers
    then return True after the same step, at most about a second after the first one is asked to stop. From the first
    such call on this module handles SIGTERM, and no longer TensorFlow.
    """
    requested = _stop.is_requested()
    if not _has_peers(strategy):
        # One process decides alone. Under parameter servers that is the chief.
        return _stop.decide(requested and _stop.agreement is None)
    if _stop.decided:
        return True
    if _stop.agreement is None or _stop.agreement.strategy is not strategy:
        _stop.agreement = _Agreement(strategy)
        _stop.install_handler()
    return _stop.decide(_stop.agreement.is_stopped(requested))


def _has_peers(strategy):
    """Whether the other workers of a strategy take every step together with this one."""
    if strategy is None:
        return False
    import tensorflow as tf

    is_mirrored = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
    return is_mirrored and strategy.num_replicas_in_sync > len(strategy.extended.worker_devices)


def on_stop(callback):
    """Registers a function without parameters that is called once when the run is being stopped.

    It is called within should_stop() or progress(), in the main thread: never in the middle of a step.
    """
    _stop.callbacks.append(callback)


class _Report:
    """The file from which the service reads the progress."""

    INTERVAL = 1.0

    def __init__(self):
        self.path = os.environ.get("TFJOB_PROGRESS_FILE")
        self.lock = threading.Lock()
        self.values = None
        self.written = -math.inf
        self.is_pending = False
        #: False in a child that was forked.
        self.is_own = True

    def update(self, values, now):
        """Adds values and writes the file, at most once a second unless now is true. Errors never reach the training."""
        if not self.path or not self.is_own:
            return
        with self.lock:
            if self.values is None:
                self.values = self.read_saved()
            self.values.update(values, time=time.time())
            self.is_pending = True
            if now or time.monotonic() - self.written >= self.INTERVAL:
                self.write()

    def read_saved(self):
        """The step of the newest checkpoint that an earlier attempt reported."""
        try:
            with open(self.path) as file:
                saved = json.load(file).get("saved")
            return {} if saved is None else {"saved": saved}
        except (OSError, ValueError, AttributeError):
            return {}

    def write(self):
        self.written = time.monotonic()
        temporary = "%s.%d" % (self.path, os.getpid())
        try:
            with open(temporary, "w") as file:
                json.dump(self.values, file)
            os.replace(temporary, self.path)
            self.is_pending = False
        except (OSError, ValueError, TypeError):
            # For example a full disk. The next report tries again.
            try:
                os.unlink(temporary)
            except OSError:
                pass

    def flush(self):
        if self.is_pending and self.is_own:
            self.write()


_report = _Report()
atexit.register(_report.flush)


def _whole(value):
    """A step as a whole number; also of NumPy or of a tensor. None: it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def progress(step, of=None, metrics={}):
    """Reports the number of steps that are done, of how many, and numbers such as the loss. Call it after each step.

    The report is written at most once a second and never raises an error. The leader's report counts for the job.
    """
    values = {"step": _whole(step), "of": _whole(of) if of is not None else None}
    try:
        numbers = {str(name): float(value) for name, value in list(dict(metrics).items())[:100]}
        values["metrics"] = {name: value for name, value in numbers.items() if math.isfinite(value)}
    except (TypeError, ValueError):
        pass
    if values["step"] is not None:
        _report.update(values, now=False)
    if _stop.callbacks:
        should_stop()


def saved(step):
    """Reports that a checkpoint of this step is complete. The events of the job name the newest one."""
    step = _whole(step)
    if step is not None:
        _report.update({"saved": step}, now=True)


def KerasCallback(directory=None, keras=None):
    """Creates a callback for fit() that saves, resumes, reports the progress, and saves and exits with 42 at a stop.

    It saves after each epoch by Keras's own BackupAndRestore; the model has to be built. A stop within an epoch saves
    the weights as they are then, and the next attempt does that epoch again from its first batch. A kill loses the
    epoch that was under way.

    directory: where to save. Default: the folder "keras" in checkpoint_dir. Without any folder nothing is saved.
    keras: the module of the model, keras or tf_keras. Default: tf_keras if it is loaded, else keras.
    """
    if keras is None:
        legacy = "tf_keras" in sys.modules or os.environ.get("TF_USE_LEGACY_KERAS", "").lower() in ("1", "true")
        if legacy:
            import tf_keras as keras
        else:
            import keras
    directory = directory or (checkpoint_dir and os.path.join(checkpoint_dir, "keras"))
    # What the training leaves is for a later run with more epochs.
    options = {"delete_checkpoint": False}
    backup = None
    if directory:
        try:
            # Newer ones keep the checkpoint before, for a kill in the middle of saving.
            backup = keras.callbacks.BackupAndRestore(directory, double_checkpoint=True, **options)
        except TypeError:
            backup = keras.callbacks.BackupAndRestore(directory, **options)

    class JobCallback(keras.callbacks.Callback):
        """Reports to tfjob-admin, and saves."""

        def __init__(self):
            super().__init__()
            self.epoch = 0
            self.done = 0

        def set_model(self, model):
            super().set_model(model)
            if backup:
                backup.set_model(model)

        def set_params(self, params):
            super().set_params(params)
            if backup:
                backup.set_params(params)

        def on_train_begin(self, logs=None):
            if backup:
                backup.on_train_begin(logs)

        def on_train_end(self, logs=None):
            if backup:
                backup.on_train_end(logs)

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch
            steps = self.params.get("steps")
            self.done = epoch * steps if steps else self.done
            if backup:
                backup.on_epoch_begin(epoch, logs)

        def on_train_batch_begin(self, batch, logs=None):
            if backup:
                backup.on_train_batch_begin(batch, logs)

        def on_train_batch_end(self, batch, logs=None):
            steps = self.params.get("steps")
            self.done = self.epoch * steps + batch + 1 if steps else self.done + 1
            progress(self.done, of=steps and steps * self.params.get("epochs", 0) or None)
            if should_stop(getattr(self.model, "distribute_strategy", None)):
                self.save(self.epoch - 1)
                sys.exit(RESTART)

        def on_epoch_end(self, epoch, logs=None):
            metrics = {name: value for name, value in (logs or {}).items() if isinstance(value, (int, float))}
            progress(self.done, of=self.params.get("steps") and self.done // (epoch + 1) * self.params["epochs"],
                     metrics=metrics)
            self.save(epoch)

        def save(self, epoch):
            """Saves the weights. The next attempt begins after this epoch."""
            if backup:
                backup.on_epoch_begin(epoch)
                backup.on_epoch_end(epoch)
                saved(self.done)

    return JobCallback()
