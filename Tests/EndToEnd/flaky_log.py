"""A service with one job, whose log grows while it is read, and which breaks off in every way that a service can.

    flaky_log.py SEED LOG KIND    LOG gets the bytes that a reader should see; prints its port

KIND: "ranges" answers the header Range, "whole" ignores it, "rotated" ignores it and removes what the client has read.
"""

import http.server
import json
import random
import sys
import threading

seed, path, kind = int(sys.argv[1]), sys.argv[2], sys.argv[3]
chance = random.Random(seed)
lock = threading.Lock()
log = bytes(chance.choice(b"ab \n\r\xff\x00\x1b") for _ in range(chance.randrange(1, 40_000)))
with open(path, "wb") as file:
    file.write(log)
visible = chance.randrange(0, len(log))
oldest = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def job(self):
        state = "Succeeded" if visible == len(log) else "Running"
        replica = {"id": "one-worker-0", "type": "worker", "index": 0, "status": state}
        metadata = {"id": "one", "cluster": "default", "partition": "team-a"}
        status = {"phase": "running", "run": 3, "replicas": [replica]}
        self.answer(200, json.dumps({"metadata": metadata, "status": status}).encode())

    def do_GET(self):
        global visible, oldest
        if "/logs" not in self.path:
            return self.job()
        assert "run=3" in self.path and "replica=worker-0" in self.path, self.path
        with lock:
            misfortune = chance.choice(["none", "none", "busy", "hang up", "cut", "cut", "cut", "end", "end"])
            size = chance.randrange(1, 9000)
        if misfortune == "busy":
            return self.answer(503, b'{"detail": "the service is about to stop"}')
        if misfortune == "hang up":
            self.close_connection = True
            return None
        start = 0
        wanted = self.headers.get("Range")
        if wanted and kind == "ranges":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= visible:
                with lock:
                    visible = min(len(log), visible + chance.randrange(0, 3000))
                    size = visible
                return self.answer(416, b"", Content_Range=f"bytes */{size}")
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(log) - 1}/*")
        else:
            self.send_response(200)
            if kind == "rotated":
                read = min(visible, int(wanted.removeprefix("bytes=").removesuffix("-"))) if wanted else 0
                with lock:
                    oldest = start = max(oldest, chance.randrange(0, read + 1))
                self.send_header("Tfjob-Log-Start", str(start))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent, follows = 0, "follow=true" in self.path
        while start < visible:
            chunk = log[start : min(visible, start + 700)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            start += len(chunk)
            sent += len(chunk)
            if sent > size and misfortune == "cut":
                self.close_connection = True
                return None
            if sent > size and misfortune == "end" and follows:
                break
            if follows:
                with lock:
                    visible = min(len(log), visible + chance.randrange(0, 900))
        if not follows or sent == 0:
            with lock:
                visible = min(len(log), visible + chance.randrange(0, 3000))
        self.wfile.write(b"0\r\n\r\n")
        return None


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
