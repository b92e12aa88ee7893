"""Listens on its own port of TF_CONFIG and waits, as a training would, or fails after a moment."""

import json
import os
import socket
import sys
import time

gate, code = sys.argv[1], int(sys.argv[2])
config = json.loads(os.environ.get("TF_CONFIG", "null"))
if config:
    task = config["task"]
    host, port = config["cluster"][task["type"]][task["index"]].rsplit(":", 1)
    # Fails if another replica has the port.
    server = socket.create_server((host, int(port)))
if code:
    time.sleep(0.3)
    sys.exit(code)
while not os.path.exists(gate):
    time.sleep(0.25)
if os.environ["TFJOB_REPLICA_TYPE"] == "ps":
    # Parameter servers never end by themselves.
    time.sleep(3600)
