#!/usr/bin/env python3
"""Fuzzes the service with commits and trees that are made literally and pushed by real git.

    Tests/Fuzzing/repository.py [SECONDS]      default: 600 s; run after a build

Each round takes a good commit, tree or name apart, changes bytes of it, and pushes the result. Then `ping`, the list of jobs, `validate`
and `plan` have to answer, and now and then a good commit has to be applied. What fails is printed with the seed and the round;
TEST_SEED=N repeats a run.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "EndToEnd", "Hostile"))
from hostile_repository import GOOD, JOB, Repository  # noqa: E402

TOOL = os.path.join(HERE, "..", "..", ".build", "debug", "tfjob-admin")
TEXT = json.dumps({"runtime": "Python_3.11", "bootfile": "/x.py", "cpu": "1", "memory": "1Mi", "gpu": "0", "runPolicy": {"suspend": True}})
PIECES = [b"", b"\0", b"\n", b" ", b"<", b">", b"-", b"+0000", b"9" * 30, b"253402300800", b"\xff", b"parent ", b"tree ", b"author ",
          b"encoding ISO-8859-1\n", b"\x1b[2J", b"/", b"..", b".git", b"120000 ", b"160000 ", b"40000 ", b"A" * 5000]


class Fuzzer:
    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.folder = folder
        clone, bare = os.path.join(folder, "clone"), os.path.join(folder, "jobs.git")
        for arguments in (["--bare", bare], [clone]):
            subprocess.run(["git", "init", "--quiet", "--initial-branch=main", *arguments], check=True)
        self.repository = Repository(clone, bare)
        self.tree = self.repository.put(None, JOB, "100644", self.repository.blob(self.text(0)))
        self.base = self.repository.commit(self.tree, [])
        assert self.repository.push(self.base)
        self.log = open(os.path.join(folder, "log"), "w+")
        command = [TOOL, "serve", "--repository", bare, "--state", os.path.join(folder, "state"), "--listen", "127.0.0.1:0"]
        self.service = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.url = self.wait("the service listens", self.announced)

    @staticmethod
    def text(number):
        return (TEXT[:-1] + f', "description": "{number}"}}').encode()

    def announced(self):
        with open(self.log.name) as log:
            found = [word[4:] for word in log.read().split() if word.startswith("url=http")]
        return found[0].rstrip("/") if found else None

    def wait(self, what, condition, limit=60):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"not within {limit} s: {what}")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return json.load(answer)

    def changed(self, data):
        """Bytes with one to four places of them cut, repeated, overwritten or extended."""
        data = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            start = self.random.randint(0, len(data))
            end = min(len(data), start + self.random.choice([0, 1, 1, 2, 20, 50]))
            data[start:end] = self.random.choice(PIECES + [bytes([self.random.randrange(256)]), bytes(data[start:end]) * 2])
        return bytes(data)

    def hostile(self):
        repository, kind = self.repository, self.random.randrange(4)
        if kind == 0:
            good = b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nx\n" % (self.tree.encode(), self.base.encode(), GOOD, GOOD)
            # The tree and the parent stay most of the time: git pushes little else.
            keep = 0 if self.random.random() < 0.2 else good.index(b"author")
            return repository.obj("commit", good[:keep] + self.changed(good[keep:]))
        id = repository.blob(self.changed(self.text(0)))
        mode = self.random.choice(["100644", "100755", "120000", "160000", "40000", "0", "777777"])
        if kind == 1:
            name = self.changed(JOB.encode()).replace(b"\0", b"").strip(b"/") or b"x"
            parts = [part for part in name.split(b"/") if part]
            return repository.commit(repository.put(self.tree, b"/".join(parts) or b"x", mode, id), [self.base])
        if kind == 2:
            inner = repository.obj("tree", self.changed(repository.entry("100644", "b.json", id) + repository.entry("100644", "c.json", id)))
            place = self.random.choice(["clusters/x", "clusters/default/partitions/team-a/x", "code", "clusters/default/partitions/b"])
            return repository.commit(repository.put(self.tree, place, "40000", inner), [self.base])
        people = self.changed(GOOD).replace(b"\n", b"")
        return repository.commit(self.tree, [self.base], people, self.changed(GOOD).replace(b"\n", b""), message=self.changed(b"x\n\nPrune: no\n"))

    def round(self, number):
        head = self.hostile()
        self.repository.push(head)
        self.wait(f"the service looks at {head}", lambda: self.has_looked(head))
        assert self.get(f"/api/v1alpha1/clusters/default/partitions/team-a/tfjobs")["metadata"]["total"] >= 1
        for arguments in (["validate", "--revision", head], ["plan", "--base", self.base, "--head", head]):
            ended = subprocess.run([TOOL, *arguments, "--repository", self.repository.bare], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            assert 0 <= ended.returncode < 128, (arguments, ended)
        # A good commit, on the hostile one where git can read it.
        can_stand = self.repository.git("rev-list", head, check=False, folder=self.repository.bare).returncode == 0
        self.tree = self.repository.put(self.tree, JOB, "100644", self.repository.blob(self.text(number)))
        self.base = self.repository.commit(self.tree, [head if can_stand else self.base])
        self.repository.push(self.base)
        path = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/a"
        self.wait(f"commit {self.base} is applied", lambda: self.get(path)["spec"].get("description") == str(number))

    def has_looked(self, head):
        assert self.service.poll() is None, "the service has ended"
        ping = self.get("/api/ping")
        return ping["reconcile"]["lastAttempted"] == head or ping["repository"]["error"]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    seed = int(os.environ.get("TEST_SEED") or random.randrange(1 << 32))
    print(f"Fuzzing repositories for {seconds:.0f} s, TEST_SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        fuzzer, number, end = Fuzzer(seed, folder), 0, time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                number += 1
                fuzzer.round(number)
            print(f"{number} rounds")
        except BaseException:
            print(f"round {number} failed, TEST_SEED={seed}; the end of the service's log:")
            with open(fuzzer.log.name) as log:
                print(log.read()[-3000:])
            raise
        finally:
            fuzzer.service.terminate()
            fuzzer.service.wait(20)


if __name__ == "__main__":
    main()
