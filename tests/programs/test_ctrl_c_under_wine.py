"""Ctrl-C, pressed at a terminal, ends a server built for Windows in good order, under Wine:
test_ctrl_c_under_wine.py WINE PROGRAM"""
import os
import pty
import re
import select
import sys
import time

WINE, PROGRAM = sys.argv[1:3]


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execv(WINE, [WINE, "--live", PROGRAM, "--port", "0", "--bind", "127.0.0.1"])
    seen, pressed, end = b"", False, time.monotonic() + 100
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            seen += os.read(terminal, 4096)
        except OSError:  # nobody has the other end any more
            break
        # Wine's console moves its cursor between the letters.
        text = re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]|\s", b"", seen)
        if b"listeningon" in text and not pressed:
            os.write(terminal, b"\x03")
            pressed = True
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
        sys.exit(f"it has not ended; it said {seen!r}")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not pressed or status != 0:
        sys.exit(f"it ended with {status}; it said {seen!r}")


main()
