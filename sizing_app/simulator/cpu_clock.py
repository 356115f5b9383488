"""CPU time of another process: what a deadline counts, since a busy machine stretches wall time and hardly this."""

import ctypes
import time
from collections.abc import Callable


def cpu_clock(pid: int) -> Callable[[], float]:
    """A clock (s) of the CPU time of process ``pid``, user and system, all threads; it raises OSError once that ended.

    POSIX ``clock_getcpuclockid``; where the C library lacks it (macOS), the clock shows wall time.
    """
    find = getattr(ctypes.CDLL(None), "clock_getcpuclockid", None)
    if find is None:
        return time.monotonic
    clock = ctypes.c_int()
    if error := find(ctypes.c_int(pid), ctypes.byref(clock)):
        raise OSError(error, f"process {pid} has no CPU clock")
    return lambda: time.clock_gettime(clock.value)
