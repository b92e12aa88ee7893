"""Clients that are many, slow or in a hurry; beside them, pings.

load.py PORT watchers COUNT   so many watch a list and nothing happens
load.py PORT loris COUNT      so many send their requests byte by byte
load.py PORT row COUNT        so many connections one after another, each with one request

Prints the slowest of 50 pings in a row, in milliseconds, as soon as 50 in a row took less than 100 ms each; ends with 1 where that
does not happen within two minutes.
"""

import resource
import socket
import sys
import threading
import time

LIST = "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"
port, kind, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def ping():
    start = time.monotonic()
    with connect() as client:
        client.sendall(b"GET /api/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := client.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200"), answer
    return (time.monotonic() - start) * 1000


def measure():
    deadline = time.monotonic() + 120
    times = []
    while time.monotonic() < deadline:
        times = times + [ping()] if not times or times[-1] < 100 else [ping()]
        if len(times) >= 50 and max(times[-50:]) < 100:
            print(round(max(times[-50:]), 1), flush=True)
            return
    sys.exit("no 50 pings in a row took less than 100 ms each")


def drip(clients):
    while True:
        for index, client in enumerate(clients):
            try:
                client.sendall(b"a")
            except OSError:
                # Cut off: the next one comes in its place.
                client.close()
                clients[index] = connect()
                clients[index].sendall(b"GET /livez HTTP/1.1\r\nX: ")
        time.sleep(1)


if kind == "watchers":
    clients = [connect() for _ in range(count)]
    for client in clients:
        client.sendall(f"GET {LIST}?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for client in clients:
        text = b""
        while b"event: synced" not in text:
            part = client.recv(65536)
            assert part, text
            text += part
elif kind == "loris":
    clients = [connect() for _ in range(count)]
    for client in clients:
        client.sendall(b"GET /livez HTTP/1.1\r\nX: ")
    threading.Thread(target=drip, args=(clients,), daemon=True).start()
else:
    for _ in range(count):
        ping()
measure()
