"""seccomp: the system calls that a simulation needs and no other, for this process from now on.

A list of what is allowed, as a BPF program (seccomp(2)); every other call answers EPERM. Linux on x86_64 and aarch64;
the numbers are those of the kernel's syscall tables.
"""

import ctypes
import os
import platform
import struct

from sizing_app.simulator.landlock import forbid_new_privileges

_X86_64 = {
    "read": 0, "write": 1, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16,
    "pread64": 17, "readv": 19, "writev": 20, "access": 21, "select": 23, "sched_yield": 24, "mremap": 25, "msync": 26,
    "madvise": 28, "dup": 32, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "fcntl": 72, "getcwd": 79,
    "readlink": 89, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102, "getgid": 104,
    "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131, "arch_prctl": 158, "gettid": 186, "time": 201,
    "futex": 202, "sched_getaffinity": 204, "getdents64": 217, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "newfstatat": 262, "readlinkat": 267, "pselect6": 270, "ppoll": 271,
    "set_robust_list": 273, "getrandom": 318, "statx": 332, "rseq": 334}
_AARCH64 = {
    "getcwd": 17, "dup": 23, "fcntl": 25, "ioctl": 29, "faccessat": 48, "close": 57, "getdents64": 61, "lseek": 62,
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pselect6": 72, "ppoll": 73, "readlinkat": 78,
    "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "set_robust_list": 99, "nanosleep": 101,
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "uname": 160,
    "getrusage": 165, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176,
    "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222,
    "mprotect": 226, "msync": 227, "madvise": 233, "getrandom": 278, "statx": 291, "rseq": 293}
_MACHINES = {"x86_64": (0xC000003E, _X86_64, {"openat": 257, "open": 2, "clone": 56, "prlimit64": 302, "tgkill": 234},
                        317),
             "aarch64": (0xC00000B7, _AARCH64, {"openat": 56, "clone": 220, "prlimit64": 261, "tgkill": 131}, 277)}
"""Machine to its audit number, the calls allowed, those allowed with some arguments, and the number of seccomp(2)."""
_CLONE3 = 435
_ALLOW, _EPERM, _ENOSYS, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CLONE_THREAD = 0x10000
_SET_FILTER, _ACTION_AVAILABLE, _ALL_THREADS = 1, 2, 1
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
"""Offsets (bytes) of what a program sees."""


def available() -> bool:
    """Whether the kernel and this module know seccomp filters for this machine."""
    if platform.system() != "Linux" or platform.machine() not in _MACHINES:
        return False
    return _seccomp(_ACTION_AVAILABLE, 0, struct.pack("I", _EPERM & 0xFFFF0000)) == 0


def restrict() -> None:
    """Take every other system call away. Raises OSError where that is not possible."""
    if not available():
        raise OSError("seccomp is not available")
    install(program())


def install(code: bytes) -> None:
    """Put a BPF program before every system call of this process. Raises OSError."""
    forbid_new_privileges()
    store = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(store))
    if _seccomp(_SET_FILTER, _ALL_THREADS, header):
        raise OSError(ctypes.get_errno(), "seccomp refused the program")


def program() -> bytes:
    """Files are opened to read alone, threads but no processes are made, no signal goes to another process."""
    audit, allowed, special, _ = _MACHINES[platform.machine()]
    code = [_load(_MACHINE), _jump_equal(audit, 1, 0), _answer(_KILL), _load(_NUMBER)]
    code += [_step(0x35, 0x40000000, 0, 1), _answer(_EPERM)]  # the x32 calls of x86_64
    code += _where(special["openat"], [_load_argument(2), _jump_bits(_WRITES, 0, 1), _answer(_EPERM), _answer(_ALLOW)])
    if "open" in special:
        code += _where(special["open"], [_load_argument(1), _jump_bits(_WRITES, 0, 1), _answer(_EPERM),
                                         _answer(_ALLOW)])
    code += _where(special["clone"], [_load_argument(0), _jump_bits(_CLONE_THREAD, 0, 1), _answer(_ALLOW),
                                      _answer(_EPERM)])
    code += _where(_CLONE3, [_answer(_ENOSYS)])  # the C library then takes clone
    code += _where(special["tgkill"], [_load_argument(0), _jump_equal(os.getpid(), 0, 1), _answer(_ALLOW),
                                       _answer(_EPERM)])
    code += _where(special["prlimit64"], [_load_argument(2), _jump_equal(0, 0, 3), _load_argument(2, high=True),
                                          _jump_equal(0, 0, 1), _answer(_ALLOW), _answer(_EPERM)])  # no new limit
    for number in sorted(allowed.values()):
        code += _where(number, [_answer(_ALLOW)])
    return b"".join([*code, _answer(_EPERM)])


def _where(number: int, block: list[bytes]) -> list[bytes]:
    """What happens to one system call; the block ends with an answer."""
    return [_jump_equal(number, 0, len(block)), *block]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _load(offset: int) -> bytes:
    return _step(0x20, offset)


def _load_argument(index: int, high: bool = False) -> bytes:
    return _load(_ARGUMENTS + 8 * index + 4 * high)


def _jump_equal(value: int, yes: int, no: int) -> bytes:
    return _step(0x15, value, yes, no)


def _jump_bits(value: int, yes: int, no: int) -> bytes:
    return _step(0x45, value, yes, no)


def _answer(value: int) -> bytes:
    return _step(0x06, value)


def _seccomp(operation: int, flags: int, argument: bytes) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc.syscall(ctypes.c_long(_MACHINES[platform.machine()][3]), ctypes.c_uint(operation),
                        ctypes.c_uint(flags), argument)
