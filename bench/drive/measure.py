"""Runs the benchmark programs: each pinned to a core, servers with a client on another core."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess


class Failed(Exception):
    """A program did not do what it should; the message says which and why."""


class Machine:
    """The two cores to use, and where the programs are."""

    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.folder = self.build / "bench"
        cores = sorted(os.sched_getaffinity(0))
        self.first, self.last = cores[0], cores[-1]
        self.but_last = set(cores[:-1]) or {cores[0]}
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.descriptors = hard

    def program(self, name):
        """The path of a benchmark program, or None when it was left out of the build; of
        system:NAME, where the system has it. What follows an @ is for the benchmark."""
        name, at, rest = name.partition("@")
        if name.startswith("system:"):
            path = shutil.which(name.removeprefix("system:"))
        else:
            path = self.folder / name
            path = path if path.exists() else None
        return f"{path}{at}{rest}" if path else None

    @staticmethod
    def settings(program):
        """A program without what follows its @, and the environment that this asks for."""
        name, at, backend = program.partition("@")
        return name, {"EDDY_BACKEND": backend} if at else {}

    def load_client(self):
        for path in (self.build / "bin" / "eddy", self.build / "tools" / "eddy" / "eddy"):
            if path.exists():
                return str(path)
        return None

    def start(self, command, core=None, environment=None, **options):
        """Starts a program on a core, or on a set of them. None leaves it all."""

        def pin():
            if core is not None:
                os.sched_setaffinity(0, core if isinstance(core, set) else {core})

        full = dict(os.environ, **(environment or {}))
        return subprocess.Popen(
            command, preexec_fn=pin, env=full, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **options,
        )

    def output(self, command, core=None, environment=None, limit=120):
        """What a program prints on stdout; stderr is for its errors."""
        process = self.start(command, core, environment)
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"{' '.join(command)}: no end after {limit} s") from None
        if process.returncode != 0:
            reason = err.strip().splitlines()
            raise Failed(f"{' '.join(command)}: ended with {process.returncode}: "
                         f"{reason[-1] if reason else 'no message'}")
        return out, err

    def figures(self, command, core=None, limit=120, settings=None):
        """The JSON object that a program prints."""
        out, _ = self.output(command, core, settings, limit)
        try:
            return json.loads(out)
        except json.JSONDecodeError as error:
            raise Failed(f"{' '.join(command)}: printed no JSON ({error}): {out[:200]!r}") from None

    def serve(self, server, peer, settings=None, limit=120, cores=None, started=None):
        """The figures of a peer on the last core, that talks to a server on the first or on `cores`.
        `started` is called with the server's process id when it listens."""
        process = self.start(server, cores or self.first, settings)
        try:
            line = process.stdout.readline()
            if not line.startswith("port "):
                process.kill()
                raise Failed(f"{server[0]}: did not start: {process.communicate()[1].strip()}")
            if started is not None:
                started(process.pid)
            command = [*peer, "--port", line.split()[1], "--pid", str(process.pid)]
            return self.figures(command, self.last, limit)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def serve_and_load(self, server, shim, connections, inflight, seconds, settings=None):
        """CPU a line of a ROT13 server."""
        environment = ({"LD_PRELOAD": shim} if shim else {}) | (settings or {})
        peer = [self.load_client(), "load", "--connections", str(connections), "--inflight",
                str(inflight), "--line-length", "64", "--seconds", str(seconds), "--json"]
        return self.serve([server], peer, environment)

    def instructions(self, command, settings=None):
        """User-space instructions of a whole run, as callgrind counts them."""
        valgrind = shutil.which("valgrind")
        if valgrind is None:
            raise Failed("valgrind is not installed")
        _, err = self.output(
            [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
            environment={"LD_BIND_NOW": "1"} | (settings or {}),
        )
        found = re.search(r"Collected : (\d+)", err)
        if not found:
            raise Failed(f"callgrind gave no count for {' '.join(command)}")
        return int(found.group(1))
