"""Stands in for the supervisor of one replica, as commit 57aef22 has it: `supervisor.py FOLDER [stubborn]`.

Takes the place of the supervisor that the fixture was recorded with: writes its own pid and start time, and those of its child, into
the folder's files. At SIGTERM it ends the child and writes exit.json, unless it is stubborn.
"""

import json
import os
import signal
import subprocess
import sys
import time

folder = sys.argv[1]
# Foundation counts from 2001.
EPOCH = 978307200


def identity(pid):
    with open(f"/proc/{pid}/stat") as stat:
        start = int(stat.read().rpartition(")")[2].split()[19])
    with open("/proc/sys/kernel/random/boot_id") as boot:
        return {"pid": pid, "startTime": start, "boot": boot.read().strip()}


def read(name):
    with open(os.path.join(folder, name)) as file:
        return json.load(file)


def write(name, value):
    path = os.path.join(folder, name)
    with open(path + ".draft", "w") as file:
        json.dump(value, file)
    os.rename(path + ".draft", path)


order = read("order.json")
environment = dict(order["environment"], TFJOB_REPLICA_FOLDER=folder)
child = subprocess.Popen(["sleep", "3600"], env=environment, process_group=0)
was_stopped = False


def stop(*_):
    global was_stopped
    was_stopped = True
    child.terminate()


signal.signal(signal.SIGTERM, signal.SIG_IGN if "stubborn" in sys.argv else stop)
write("child.json", {"process": identity(child.pid), "startTime": read("child.json")["startTime"]})
write("supervisor.json", {"process": identity(os.getpid())})
code = child.wait()
code = 128 - code if code < 0 else code
write("exit.json", {"code": code, "endTime": time.time() - EPOCH, "wasStopped": was_stopped})
open(order["notice"], "w").close()
