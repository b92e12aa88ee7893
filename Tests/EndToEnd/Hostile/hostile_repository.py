"""Writes git objects as they are, whatever git thinks of them, and pushes them.

    hostile_repository.py CLONE BARE < SNIPPET

runs a piece of Python that has to set `head`, pushes that commit to `main` by force, and prints its name. The snippet has the functions
of a Repository, and `base`, the commit of `main` before, with its tree `base_tree`. What git refuses to push is copied into the bare
repository instead, so that the service sees it all the same; then the line ends with " copied".
"""
import hashlib
import os
import shutil
import subprocess
import sys
import zlib

JOB = "clusters/default/partitions/team-a/a.json"
GOOD = b"A <a@example.org> 1700000000 +0000"


class Repository:
    def __init__(self, clone, bare):
        self.clone, self.bare = clone, bare
        self.objects = os.path.join(clone, ".git", "objects")

    def git(self, *arguments, check=True, folder=None):
        command = ["git", "-C", folder or self.clone, *arguments]
        return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def obj(self, kind, data):
        whole = f"{kind} {len(data)}\0".encode() + data
        name = hashlib.sha1(whole).hexdigest()
        path = os.path.join(self.objects, name[:2], name[2:])
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(zlib.compress(whole))
        return name

    def blob(self, data):
        return self.obj("blob", data)

    def tree(self, *entries):
        """A tree of (mode, name, id), in the order in which they are given."""
        return self.obj("tree", b"".join(self.entry(*entry) for entry in entries))

    @staticmethod
    def entry(mode, name, id):
        return mode.encode() + b" " + (name if isinstance(name, bytes) else name.encode()) + b"\0" + bytes.fromhex(id)

    def entries(self, tree):
        data, found, start = self.git("cat-file", "tree", tree).stdout, [], 0
        while start < len(data):
            end = data.index(b"\0", start)
            mode, name = data[start:end].split(b" ", 1)
            found.append((mode.decode(), name, data[end + 1 : end + 21].hex()))
            start = end + 21
        return found

    def put(self, tree, path, mode, id):
        """A tree with something at a path; the other entries stay, in git's order."""
        name, _, rest = (path if isinstance(path, bytes) else path.encode()).partition(b"/")
        entries = {entry[1]: entry for entry in self.entries(tree)} if tree else {}
        if rest:
            inner = entries.get(name)
            mode, id = "40000", self.put(inner[2] if inner and inner[0] == "40000" else None, rest, mode, id)
        entries[name] = (mode, name, id)
        return self.tree(*sorted(entries.values(), key=lambda entry: entry[1] + (b"/" if entry[0] == "40000" else b"")))

    def commit(self, tree, parents, author=GOOD, committer=GOOD, more=b"", message=b"x\n", header=None):
        lines = [b"tree " + tree.encode()] + [b"parent " + parent.encode() for parent in parents]
        lines += [b"author " + author, b"committer " + committer] if header is None else [header]
        return self.obj("commit", b"\n".join(lines) + b"\n" + more + b"\n" + message)

    def nested(self, depth, id, mode="40000", width=1):
        """Folders in one another, each with the same entry some times."""
        for _ in range(depth):
            id = self.tree(*((mode, f"{number:03}", id) for number in range(width)))
            mode = "40000"
        return id

    def push(self, head):
        """Whether git took it."""
        if self.git("push", "--quiet", "--force", self.bare, f"{head}:refs/heads/main", check=False).returncode == 0:
            return True
        shutil.copytree(self.objects, os.path.join(self.bare, "objects"), dirs_exist_ok=True, copy_function=self.copy)
        with open(os.path.join(self.bare, "refs", "heads", "main.new"), "w") as file:
            file.write(head + "\n")
        os.replace(file.name, os.path.join(self.bare, "refs", "heads", "main"))
        return False

    @staticmethod
    def copy(source, target):
        if not os.path.exists(target) and "/pack" not in source and "/info" not in source:
            shutil.copyfile(source, target)

    def names(self):
        base = self.git("rev-parse", "refs/heads/main", folder=self.bare).stdout.decode().strip()
        names = {name: getattr(self, name) for name in dir(self) if not name.startswith("_")}
        # Empty where git itself can't read the newest commit of the branch.
        tree = self.git("rev-parse", "--quiet", "--verify", base + "^{tree}", check=False).stdout.decode().strip()
        return names | {"JOB": JOB, "GOOD": GOOD, "base": base, "base_tree": tree}


if __name__ == "__main__":
    repository = Repository(sys.argv[1], sys.argv[2])
    names = repository.names()
    exec(sys.stdin.read(), names)
    is_pushed = repository.push(names["head"])
    # The commit that the service shows, where the branch is something that leads to it.
    print(names.get("shown", names["head"]) + ("" if is_pushed else " copied"))
