"""Tests of the module tfjob that need no framework. ScriptModuleTests runs them."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest


def run(code, **variables):
    """Runs a script that imports tfjob, and returns its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TFJOB_", "TF_"))}
    environment.update(variables)
    result = subprocess.run([sys.executable, "-c", "import os, signal, sys, time, tfjob\n" + code], env=environment,
                            cwd=variables.get("FOLDER"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return result.stdout.decode() + ("exit %d" % result.returncode if result.returncode else "")


TF_CONFIG = {"cluster": {"worker": ["a:1", "b:1"], "ps": ["c:1"]}}


class ModuleTest(unittest.TestCase):
    def test_identity(self):
        chief = "print(tfjob.replica_type, tfjob.replica_index, tfjob.is_chief)"
        self.assertEqual(run(chief), "worker 0 True\n")
        for kind, index, leads in [("worker", 0, True), ("worker", 1, False), ("ps", 0, False)]:
            config = json.dumps(dict(TF_CONFIG, task={"type": kind, "index": index}))
            self.assertEqual(run(chief, TF_CONFIG=config), "%s %d %s\n" % (kind, index, leads))
            names = {"TFJOB_REPLICA_TYPE": kind, "TFJOB_REPLICA_INDEX": str(index), "TF_CONFIG": json.dumps(TF_CONFIG)}
            self.assertEqual(run(chief, **names), "%s %d %s\n" % (kind, index, leads))
        for broken in ["{", "[]", '{"cluster": [], "task": 1}']:
            self.assertEqual(run(chief, TF_CONFIG=broken), "worker 0 True\n")
        config = json.dumps({"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}})
        self.assertEqual(run(chief, TF_CONFIG=config), "worker 0 False\n")

    def test_replicas_that_serve_end_at_sigterm(self):
        code = "print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)"
        cluster = {"chief": ["a:1"], "worker": ["b:1"], "ps": ["c:1"], "evaluator": ["d:1"]}
        for kind, serves in [("chief", False), ("worker", True), ("ps", True), ("evaluator", False)]:
            config = json.dumps({"cluster": cluster, "task": {"type": kind, "index": 0}})
            self.assertEqual(run(code, TF_CONFIG=config), "%s\n" % serves)

    def test_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.realpath(folder)
            code = "print(tfjob.checkpoint_dir, tfjob.model_dir, tfjob.in_job)"
            output = folder + "/tfjob-output"
            self.assertEqual(run(code, FOLDER=folder), "%s/checkpoints %s/model False\n" % (output, output))
            self.assertEqual(run(code, TFJOB_ID="a", TFJOB_MODEL_DIR="/m"), "None /m True\n")
            self.assertEqual(os.listdir(folder), [])

    def test_stop_by_signal(self):
        code = """
tfjob.on_stop(lambda: print("once"))
print(tfjob.should_stop())
os.kill(os.getpid(), signal.SIGTERM)
print(tfjob.should_stop(), tfjob.should_stop())
sys.exit(tfjob.RESTART)"""
        self.assertEqual(run(code), "False\nonce\nTrue True\nexit 42")

    def test_stop_by_file(self):
        with tempfile.TemporaryDirectory() as folder:
            code = """
print(tfjob.should_stop())
open(os.environ["TFJOB_STOP_FILE"], "w").close()
end = time.monotonic() + 20
while not tfjob.should_stop() and time.monotonic() < end:
    pass
print(tfjob.should_stop())"""
            self.assertEqual(run(code, TFJOB_STOP_FILE=folder + "/stop"), "False\nTrue\n")

    def test_progress_calls_the_callback(self):
        code = """
tfjob.on_stop(lambda: sys.exit(7))
tfjob.progress(1)
os.kill(os.getpid(), signal.SIGTERM)
tfjob.progress(2)
print("not reached")"""
        self.assertEqual(run(code), "exit 7")

    def test_should_stop_is_cheap(self):
        code = """
calls = []
tfjob.os.path.exists = lambda path: calls.append(path)
start = time.monotonic()
for _ in range(20000):
    tfjob.should_stop()
print(len(calls) <= 2 + (time.monotonic() - start) * 10)"""
        self.assertEqual(run(code, TFJOB_STOP_FILE="/nowhere"), "True\n")

    def test_import_in_another_thread(self):
        script = """
import signal, threading
thread = threading.Thread(target=lambda: __import__("tfjob"))
thread.start(); thread.join()
import tfjob
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, tfjob.should_stop())"""
        result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(result.stdout, b"True False\n")

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_child_ends_at_sigterm(self):
        code = """
import multiprocessing
context = multiprocessing.get_context("fork")
# Python itself loses a signal that comes within the fork.
begun = context.Event()
child = context.Process(target=lambda: (begun.set(), time.sleep(60)))
child.start()
begun.wait()
child.terminate()
child.join(30)
print(child.exitcode)"""
        self.assertEqual(run(code), "-15\n")

    def report(self, code, **variables):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/report.json"
            output = run(code, TFJOB_PROGRESS_FILE=path, **variables)
            self.assertEqual([name for name in os.listdir(folder) if name != "report.json"], [])
            if not os.path.exists(path):
                return output, None
            with open(path) as file:
                values = json.load(file)
            self.assertLess(abs(values.pop("time", time.time()) - time.time()), 30)
            return output, values

    def test_report(self):
        for code, expected in [
            ("tfjob.progress(3)", {"step": 3, "of": None, "metrics": {}}),
            ("for i in range(1000): tfjob.progress(i, of=10.0)", {"step": 999, "of": 10, "metrics": {}}),
            ("tfjob.progress(1, metrics={'a': 1, 'b': float('nan')})", {"step": 1, "of": None, "metrics": {"a": 1.0}}),
            ("tfjob.progress(1, metrics={'a': 'x'})", {"step": 1, "of": None}),
            ("tfjob.progress(1, metrics=7)", {"step": 1, "of": None}), ("tfjob.progress('x')", None),
            ("tfjob.progress(float('nan'))", None), ("tfjob.saved(5)", {"saved": 5}),
            ("tfjob.saved(5); tfjob.progress(6)", {"saved": 5, "step": 6, "of": None, "metrics": {}}), ("", None),
        ]:
            self.assertEqual(self.report(code), ("", expected), code)

    def test_writes_are_rare(self):
        code = """
writes, replace = [], os.replace
tfjob.os.replace = lambda *paths: (writes.append(1), replace(*paths))
start = time.monotonic()
for i in range(20000):
    tfjob.progress(i)
print(len(writes) <= 2 + time.monotonic() - start)"""
        self.assertEqual(self.report(code)[0], "True\n")

    def test_the_saved_step_outlives_an_attempt(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/report.json"
            run("tfjob.saved(5)", TFJOB_PROGRESS_FILE=path)
            run("tfjob.progress(6)", TFJOB_PROGRESS_FILE=path)
            with open(path) as file:
                self.assertEqual(json.load(file)["saved"], 5)

    def test_a_report_that_cannot_be_written_harms_nothing(self):
        # A full disk fails at the write, a missing folder at the open.
        code = "tfjob.progress(1); tfjob.saved(1); tfjob.progress(2); print('goes on')"
        for path in ["/nowhere/report.json", "/dev/null/x"]:
            self.assertEqual(run(code, TFJOB_PROGRESS_FILE=path), "goes on\n")
        full = """
import builtins
real = builtins.open
def full(path, mode="r"):
    return real("/dev/full", mode) if mode == "w" else real(path, mode)
tfjob.open = full
""" + code
        self.assertEqual(self.report(full), ("goes on\n", None))


if __name__ == "__main__":
    unittest.main()
