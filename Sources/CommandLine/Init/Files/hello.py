"""Says which replica of which job this is, as a training script would find out."""

import argparse
import json
import os

parser = argparse.ArgumentParser()
parser.add_argument("--greeting", default="Hello")
arguments = parser.parse_args()

task = json.loads(os.environ.get("TF_CONFIG", "{}")).get("task", {"type": "worker", "index": 0})
print(f"{arguments.greeting} from {task['type']} {task['index']} of {os.environ.get('TFJOB_ID', 'no job')}", flush=True)
print(f"Events for TensorBoard go to {os.environ.get('TFJOB_EVENT_DIR', 'no folder')}, which is this run's own", flush=True)
