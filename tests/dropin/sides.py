"""Running a program on Debian's libevent, or on eddy."""
import shutil
import sys


def program(name):
    path = shutil.which(name)
    if path is None:
        print(f"SKIP: {name} is not installed (apt-get install {name})")
        sys.exit(77)
    return path


def command(eddy, side, words):
    return [eddy, "run", *words] if side == "eddy" else list(words)


def loaded_in(pid):
    """Which of the two libraries the process has loaded."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        text = maps.read()
    loaded = []
    if "libeddy.so" in text:
        loaded.append("eddy")
    for line in text.splitlines():
        if "/libevent" in line and "/lib/eddy/" not in line:
            loaded.append("libevent")
            break
    return "+".join(loaded)
