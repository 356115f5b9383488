"""Landlock: this process may read named files and folders from now on, write nothing and reach no network.

Linux 5.13 and newer, by ctypes (kernel documentation, userspace-api/landlock). It holds for the calling thread and all
that it starts, so it comes before any other thread; nothing takes it back.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 4, 8
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""ABI to the number of rights to files that it knows, each a bit; all are taken away."""
_NETWORK = 0b11
"""Bind and connect TCP, from ABI 4."""
_SCOPES = 0b11
"""Abstract sockets of and signals to processes outside, from ABI 6."""
_NO_NEW_PRIVILEGES = 38


def abi() -> int:
    """The version of Landlock; 0 where the kernel has none, or it is not in its list of security modules."""
    return max(0, _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))


def restrict(readable: Iterable[Path]) -> None:
    """Allow reading below ``readable`` and nothing else. Raises OSError where Landlock is missing or refuses."""
    version = abi()
    fields = [(1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1 if version else 0]
    fields += [_NETWORK] * (version >= 4) + [_SCOPES] * (version >= 6)
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _checked(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path)
        forbid_new_privileges()
        _checked(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def forbid_new_privileges() -> None:
    """No set-user-id program gives rights from now on: what the kernel asks for before a restriction."""
    if _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")


def _allow(ruleset: int, path: Path) -> None:
    target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        rule = struct.pack("=Qi", rights, target)
        _checked(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(target)


def _call(number: int, *arguments) -> int:
    syscall = getattr(_LIBC, "syscall", None)
    if syscall is None or os.uname().sysname != "Linux":
        return -1
    syscall.restype = ctypes.c_long
    return syscall(ctypes.c_long(number), *arguments)


def _checked(number: int, *arguments) -> int:
    result = _call(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "Landlock is not available")
    return result
