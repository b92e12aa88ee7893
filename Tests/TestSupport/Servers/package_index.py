"""A package index of tiny wheels: package_index.py FOLDER, which has packages.json and mode, and gets port and requests."""

import http.server
import io
import json
import os
import sys
import threading
import zipfile

folder = sys.argv[1]
with open(os.path.join(folder, "packages.json")) as file:
    packages = json.load(file)


def wheel(package):
    name, version = package["name"], package["version"]
    # The wheel of tensorflow-cpu has the module tensorflow, as the real one does.
    module = "tensorflow" if name == "tensorflow_cpu" else name
    info = "%s-%s.dist-info/" % (name, version)
    metadata = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name.replace("_", "-"), version)
    metadata += "".join("Requires-Dist: %s\n" % line for line in package["requires"])
    files = {
        module + "/__init__.py": package["code"],
        info + "METADATA": metadata,
        info + "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = info + "RECORD"
    files[record] = "".join(path + ",,\n" for path in list(files) + [record])
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return data.getvalue()


wheels = {"%s-%s-py3-none-any.whl" % (p["name"], p["version"]): wheel(p) for p in packages}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(os.path.join(folder, "requests"), "a") as requests:
            requests.write(self.path + "\n")
        with open(os.path.join(folder, "mode")) as file:
            mode = file.read()
        if mode == "silent":
            threading.Event().wait()
        if mode == "unavailable":
            return self.send_error(503)
        parts = self.path.strip("/").split("/")
        if parts[0] == "wheels" and parts[1] in wheels:
            data = wheels[parts[1]]
            length = len(data)
            if mode == "cutsWheels":
                data = data[: length // 2]
            return self.answer(data, "application/zip", length)
        name = parts[-1].replace("-", "_")
        links = ['<a href="/wheels/%s">%s</a>' % (file, file) for file in wheels if file.split("-")[0] == name]
        if mode == "empty" or not links:
            return self.send_error(404)
        page = ("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>").encode()
        self.answer(page, "text/html", len(page))

    def answer(self, data, kind, length):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(os.path.join(folder, "port.new"), "w") as port:
    port.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
