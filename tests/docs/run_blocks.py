#!/usr/bin/env python3
"""Runs the ```sh blocks and compiles the ```c and ```cpp blocks of README.md, docs/ and docs/guide/.

A line of a sh block is a command and is run as it stands, in the project's folder, unless SHORT
maps its exact text to something shorter. A C or C++ block is a whole program; where it says that it
"serves on port N" it is started on a free port and must echo a line; if it waits for `interrupted()`
as well, it must then end well on SIGTERM, although its client is still connected. Where a ```text
block follows, the program is run, and must print that; its arguments are the host and port of an
HTTP server that answers every request with ANSWER.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading

# Commands that take long, install something, or would run these tests again.
SHORT = {
    "scripts/setup": "scripts/setup --help",
    "scripts/run": "sh -n scripts/run && scripts/setup --help",
    "scripts/test": "scripts/test --help",
    "scripts/test --preset asan": "scripts/test --help && cmake --list-presets | grep -q asan",
    "scripts/bench": "scripts/bench --help",
    "cmake --preset release": "cmake --list-presets | grep -q '\"release\"'",
    "cmake --build --preset release": "cmake --build --list-presets | grep -q '\"release\"'",
    "cmake --install build/release --prefix /opt/eddy": 'cmake --install "$BUILD" --prefix "$PREFIX"',
    ".ci/run": "sh -n .ci/run",
}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
SKIPPED = 77
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nHello from the other end!\n"


class Web(socketserver.ThreadingTCPServer):
    daemon_threads = True

    class RequestHandlerClass(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(ANSWER)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.RequestHandlerClass)


def blocks(source, kind):
    """Where each stands, its text, and what the ```text block right behind it says, or None."""
    docs = source / "docs"
    shape = re.compile(rf"^```{kind}\n(.*?)^```$(?:\n+```text\n(.*?)^```$)?", re.M | re.S)
    for path in [source / "README.md", *sorted(docs.glob("*.md")), *sorted(docs.glob("guide/*.md"))]:
        text = path.read_text()
        for match in shape.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(source)}:{line}", match.group(1), match.group(2)


def run_commands(options):
    prefix = options.work / "prefix"
    shutil.rmtree(prefix, ignore_errors=True)
    environment = os.environ | {"BUILD": str(options.build), "PREFIX": str(prefix),
                                "PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig")}
    # What README.md compiles are its own first programs.
    for kind in ("c", "cpp"):
        (options.work / f"server.{kind}").write_text(next(blocks(options.source, kind))[1])
    for where, text, _ in blocks(options.source, "sh"):
        for command in text.replace("\\\n", " ").splitlines():
            command = command.split("  #")[0].strip()
            if not command or command.startswith("#"):
                continue
            short = SHORT.get(command, command).replace("/opt/eddy", str(prefix))
            folder = options.work if " server.c" in short else options.source
            done = subprocess.run(["sh", "-ec", short], cwd=folder, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            print(f"{where}: {command}" + (f"  (as: {short})" if short != command else ""))
            if done.returncode != 0:
                return f"{where}: `{short}` ended with {done.returncode}:\n{done.stdout}"
            if "not found" in done.stdout:
                return f"{where}: `{short}` said:\n{done.stdout}"
    return None


def prints(program, environment, expected):
    """Returns what went wrong."""
    with Web() as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        host, port = web.server_address
        done = subprocess.run([program, host, str(port)], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        web.shutdown()
    printed = done.stdout.decode().replace("\r\n", "\n")
    if done.returncode != 0 or printed != expected:
        return f"ended with {done.returncode} and printed\n{printed}instead of\n{expected}"
    return None


def echoes(program, environment, stops):
    """A server, on a port that the system chooses. Returns what went wrong."""
    server = subprocess.Popen([program, "0"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        first = server.stdout.readline()
        port = re.search(r"serves on port (\d+)", first)
        if port is None:
            return f"said {first!r} instead of its port"
        with socket.create_connection(("127.0.0.1", int(port.group(1))), timeout=10) as client:
            client.sendall(b"round and round\n")
            answer = client.makefile("rb").readline()
            if answer != b"round and round\n":
                return f"answered {answer!r}"
            if stops:
                server.send_signal(signal.SIGTERM)
                if server.wait(timeout=60) != 0:
                    return f"ended with {server.returncode} when it was told to stop"
        return None
    finally:
        server.kill()
        server.wait()


def compile_programs(options):
    compiler, standard = ((options.cc, "gnu11") if options.kind == "c" else (options.cxx, "c++20"))
    library = options.build / "lib"
    environment = os.environ | {"LD_LIBRARY_PATH": str(library)}
    for number, (where, text, expected) in enumerate(blocks(options.source, options.kind)):
        unit = options.work / f"block{number}.{options.kind}"
        program = options.work / f"block{number}_{options.kind}"
        unit.write_text(text)
        done = subprocess.run([compiler, f"-std={standard}", *WARNINGS, unit, "-o", program,
                               f"-I{options.source}/include", f"-L{library}", "-leddy"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            return f"{where} does not compile:\n{done.stdout}"
        fault, did = None, "compiles"
        if "serves on port" in text:
            fault, did = echoes(program, environment, "interrupted()" in text), "echoes"
        elif expected is not None:
            fault, did = prints(program, environment, expected), "prints what it should"
        elif "docs/guide/" in where:
            fault = "neither serves nor has what it prints behind it"
        if fault:
            return f"{where}: the program {fault}"
        print(f"{where}: {did}")
    return None


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "work"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    for name in ("cc", "cxx"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--kind", required=True, choices=["sh", "c", "cpp"])
    options = parser.parse_args()
    if not any(blocks(options.source, options.kind)):
        print(f"skipped: no document has a {options.kind} block")
        return SKIPPED
    fault = run_commands(options) if options.kind == "sh" else compile_programs(options)
    if fault:
        print(fault)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
