"""The introduction's own programs, taken from its text and compiled unmodified against the installed
eddy: the blocking client, the fork server, the select server, the low-level event server and the
server on bufferevents.

They know one port, 40713 on all addresses, and one host, www.google.com. So they run in a network
namespace of their own, where nothing else has that port and a private hosts file says who that is.
Without the text or without namespaces: skipped (status 77), with a message.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = {  # number of the indented program in the text: name
    "blocking": "gethostbyname(hostname)",
    "fork": "fork() == 0",
    "select": "select(maxfd+1, &readset, &writeset",
    "event": "event_new(base, fd, EV_READ|EV_PERSIST, do_read",
    "bufferevent": "bufferevent_socket_new(base, fd",
}


def skip(why):
    print("SKIP:", why)
    sys.exit(77)


def programs_of(text):
    """Whole programs: runs of indented or empty lines that contain main()."""
    runs, run = [], []
    for line in text.splitlines() + ["end"]:
        if line.startswith("\t") or not line.strip():
            run.append(line[1:] if line.startswith("\t") else "")
        else:
            runs.append("\n".join(run))
            run = []
    return [r for r in runs if "main(" in r]


def extract(folder):
    texts = glob.glob(os.path.join(folder, "*.txt"))
    if not texts:
        skip(f"the introduction is not here ({folder})")
    with open(texts[0], encoding="utf-8") as page:
        programs = programs_of(page.read())
    found = {}
    for name, mark in PROGRAMS.items():
        of_that_kind = [p for p in programs if mark in p]
        if len(of_that_kind) != 1:
            sys.exit(f"the introduction has {len(of_that_kind)} programs with {mark!r}, not one")
        found[name] = of_that_kind[0]
    return found


def compile_all(arguments, folder):
    prefix = os.path.join(folder, "prefix")
    subprocess.run([arguments.cmake, "--install", arguments.build, "--prefix", prefix], check=True,
                   stdout=subprocess.DEVNULL)
    environment = os.environ | {"PKG_CONFIG_PATH": os.path.join(prefix, "lib", "pkgconfig")}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "eddy-libevent"], check=True,
                           env=environment, capture_output=True, text=True).stdout.split()
    for name, text in extract(arguments.introduction).items():
        source = os.path.join(folder, name + ".c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run([arguments.cc, "-w", source, "-o", os.path.join(folder, name), *flags,
                        f"-Wl,-rpath,{prefix}/lib"], check=True)


def may_unshare():
    command = ["unshare", "-rnm", "true"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        skip("unshare is not installed (util-linux)")
    if done.returncode != 0:
        skip(f"a network namespace cannot be made here: {done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--introduction", required=True)
    arguments = parser.parse_args()
    if not glob.glob(os.path.join(arguments.introduction, "*.txt")):
        skip(f"the introduction is not here ({arguments.introduction})")
    may_unshare()
    with tempfile.TemporaryDirectory() as folder:
        compile_all(arguments, folder)
        done = subprocess.run(["unshare", "-rnm", sys.executable,
                               os.path.join(HERE, "introduction_inside.py"), folder], check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
