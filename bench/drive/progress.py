"""A progress bar on a terminal; nothing but notes elsewhere."""

import shutil
import sys
import time


class Progress:
    def __init__(self, total):
        self.total = max(total, 1)
        self.done = 0
        self.began = time.monotonic()
        self.shown = sys.stderr.isatty()

    def step(self, what):
        if self.shown:
            self._draw(what)
        self.done += 1

    def _draw(self, what):
        share = self.done / self.total
        spent = time.monotonic() - self.began
        left = f"{spent / share - spent:4.0f} s left" if self.done > 2 else "          "
        width = max(10, min(40, shutil.get_terminal_size().columns - 60))
        bar = "█" * int(share * width)
        sys.stderr.write(f"\r\x1b[K{bar:·<{width}} {100 * share:3.0f}% {left}  {what[:40]}")
        sys.stderr.flush()

    def note(self, text):
        self.clear()
        print(f"bench: {text}", file=sys.stderr)

    def clear(self):
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
