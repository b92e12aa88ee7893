"""A service whose every text is out to do harm, and which leaves out whatever it may. Prints its port."""

import http.server
import json

HARM = "\u001b[2J\u001b]0;title\u0007\u202eevil\u2066\r\n\u0085\u200b" + "wide\u65e5\u672c" * 8 + "\u009b31m"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        names = {"id": HARM, "cluster": HARM, "partition": HARM}
        job = {
            "metadata": names | {"uid": HARM, "commit": HARM, "name": HARM},
            "spec": {"description": HARM},
            "status": {
                "phase": HARM,
                "message": HARM,
                "replicas": [{"id": HARM, "status": HARM, "node": HARM, "startTime": HARM}],
                "issues": [
                    {"path": HARM, "line": 1, "column": 1, "pointer": HARM, "severity": "error", "message": HARM}
                ],
            },
        }
        bare = {"metadata": names, "status": {"phase": "running"}}
        if path.endswith("/history"):
            texts = ["commit", "author", "message", "time", "action", "result", "error", "phase", "startTime"]
            body = {"items": [{name: HARM for name in texts}, {}, {"run": None, "error": None}]}
        elif path.endswith("/clusters") or path.endswith("/partitions"):
            body = {"items": [{"id": HARM}]}
        elif path.endswith("/tfjobs"):
            body = {"items": [job, bare]}
        elif "/commits/" in path:
            action = {name: HARM for name in ["cluster", "partition", "id", "action", "error"]}
            body = {
                "commit": HARM,
                "state": "partial",
                "actions": [action | {"result": HARM}],
                "issues": job["status"]["issues"],
            }
        else:
            body = job
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
