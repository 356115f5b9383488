"""What is done and how long the rest takes, on standard error."""

import sys
import time


class Progress:
    """One line on standard error: rewritten in a terminal, repeated now and then in a file."""

    def __init__(self, noun: str):
        self._noun = noun
        self._started = self._shown = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int, what: str = "") -> None:
        now, terminal = time.monotonic(), sys.stderr.isatty()
        self._first = done - 1 if self._first is None else self._first
        if done < total and now - self._shown < (0.2 if terminal else 10.0):
            return
        self._shown = now
        left = (now - self._started) / (done - self._first) * (total - done)
        words = [f"{done} of {total} {self._noun}", what, f"about {left / 60:.1f} min left" if done < total else ""]
        line = ", ".join(filter(None, words))
        print(f"\r{line:<78}" if terminal else line, end="\n" if not terminal or done == total else "",
              file=sys.stderr, flush=True)
