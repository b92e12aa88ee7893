"""A terminal without anybody before it.

    terminal.py run COLUMNS ROWS COMMAND...    runs a command in a terminal of that size; what it writes goes to standard output
    terminal.py render COLUMNS ROWS FILE       shows what such a terminal has on its screen after the bytes of a file (needs pyte)
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios


def run(columns, rows, command):
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execvp(command[0], command)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # what Linux says at the end of a terminal
            break
        if not data:
            break
        os.write(1, data)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def render(columns, rows, path):
    import pyte

    screen = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(screen)
    with open(path, "rb") as file:
        stream.feed(file.read())
    print("\n".join(line.rstrip() for line in screen.display).rstrip())


what, columns, rows, *rest = sys.argv[1:]
if what == "run":
    code = run(int(columns), int(rows), rest)
    sys.exit(code if code >= 0 else 128 - code)
render(int(columns), int(rows), rest[0])
