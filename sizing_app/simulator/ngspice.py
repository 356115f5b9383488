"""ngspice as a shared library, through PySpice, with the failures that the library reports only as text made visible.

``ngSpice_Command`` returns 0 for every failed analysis, and after a bad load the former circuit stays live: so each run
requires a new plot, non-empty vectors and no fatal message (ngspice manual, chapter 19).
"""

import contextlib
import os
import re
from collections.abc import Iterable, Mapping
from ctypes.util import find_library

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi, ffi_string_utf8

FATAL = re.compile(r"could not find a valid modelname|circuit not parsed|undefined parameter|unknown subckt|unknown "
                   r"device|no such (?:node|vector)|simulation\(s\) aborted|timestep too small|simulation interrupted|"
                   r"doanalyses|too many iterations|error on line|fatal error|no circuit", re.IGNORECASE)
TELLING = re.compile(r"error|warning", re.IGNORECASE)
NOT_CONVERGED = re.compile(r"too many iterations|timestep too small|aborted|singular matrix|doanalyses|"
                           r"iteration limit|no convergence", re.IGNORECASE)


class NgspiceError(RuntimeError):
    """ngspice refused or failed, with its own message."""


class Ngspice(NgSpiceShared):
    """One ngspice instance in this process. Holds at most one circuit."""

    def __init__(self):
        NgSpiceShared.setup_platform()
        if "NGSPICE_LIBRARY_PATH" not in os.environ:
            NgSpiceShared.LIBRARY_PATH = find_library("ngspice") or "libngspice.so.0"
        self.messages: list[str] = []
        self.broken = False
        """Whether the library gave up: every further command fails, the process has to be replaced."""
        super().__init__()
        self.exec_command("set num_threads=1")  # OpenMP in the library costs 60 times its gain on small circuits

    @staticmethod
    def _send_char(message_c, ngspice_id, user_data):
        """Collect the output. PySpice would raise on every notice that is not a warning."""
        self = ffi.from_handle(user_data)
        prefix, _, content = ffi_string_utf8(message_c).partition(" ")
        (self._stderr if prefix == "stderr" else self._stdout).append(content)
        if content:
            self.messages.append(content)
        return 0

    def exec_command(self, command: str, join_lines: bool = True):
        """As PySpice; raises NgspiceError with ngspice's message where it raises NameError."""
        with self._told(command):
            return super().exec_command(command, join_lines)

    def load(self, netlist: str) -> None:
        """Replace the circuit. Raises NgspiceError with ngspice's message."""
        self.remove_circuit()
        self.destroy()
        self.messages.clear()
        self._error_in_stdout = False
        with self._told("load"):
            self.load_circuit(netlist)
        self._raise_fatal("load")

    def run(self, command: str) -> None:
        """Run one analysis. Raises NgspiceError if it left no new plot or a fatal message."""
        before = self._ngspice_shared.ngSpice_CurPlot()
        before = ffi_string_utf8(before) if before else ""
        self.messages.clear()
        self.exec_command(command)
        self._raise_fatal(command)
        if ffi_string_utf8(self._ngspice_shared.ngSpice_CurPlot()) == before:
            raise NgspiceError(f"{command}: {self.last_words()}")

    def analyse(self, command: str, save: Iterable[str]) -> dict[str, np.ndarray]:
        """Run one analysis; the vectors ``save`` of it. Of noise over a band the integrals come last; the densities are
        in the plot before. Raises as ``run`` and ``vectors``."""
        self.run(command)
        if command.startswith("noise") and "onoise_total" in self.all_vectors():
            self.select_plot("noise", 1)
        return self.vectors(save)

    def alter(self, settings: Mapping[str, str]) -> None:
        """Change source values of the loaded circuit: {"vprobe acmag": "0"}."""
        for target, value in settings.items():
            self.exec_command(f"alter {target} = {value}")

    def vectors(self, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Copies of vectors of the current plot, real or complex. Raises NgspiceError for a missing or empty one."""
        plot = ffi_string_utf8(self._ngspice_shared.ngSpice_CurPlot())
        return {name: self._vector(plot, name) for name in names}

    def all_vectors(self) -> dict[str, np.ndarray]:
        """Every vector of the current plot."""
        plot = ffi_string_utf8(self._ngspice_shared.ngSpice_CurPlot())
        return self.vectors(self._convert_string_array(self._ngspice_shared.ngSpice_AllVecs(plot.encode())))

    def select_plot(self, kind: str, back: int = 0) -> bool:
        """Make the newest plot of a kind (op, noise, ...) current, or one ``back`` before it; False without one."""
        plots = [name for name in self.plot_names if name.rstrip("0123456789") == kind]
        if len(plots) <= back:
            return False
        self.exec_command(f"setplot {plots[back]}")
        return True

    def last_words(self) -> str:
        """The lines of output that best say what went wrong."""
        telling = [line for line in self.messages if FATAL.search(line) or TELLING.search(line)]
        return "; ".join(dict.fromkeys(line.strip() for line in (telling or self.messages)[-4:])) or "no output"

    @contextlib.contextmanager
    def _told(self, what: str):
        try:
            yield
        except NameError as error:  # PySpice's word for a return code; NgspiceError is none
            self.broken = True
            raise NgspiceError(f"{what}: {self.last_words()}") from error

    def _raise_fatal(self, what: str) -> None:
        if any(FATAL.search(line) for line in self.messages):
            raise NgspiceError(f"{what}: {self.last_words()}")

    def _vector(self, plot: str, name: str) -> np.ndarray:
        info = self._ngspice_shared.ngGet_Vec_Info(f"{plot}.{name}".encode())
        if info == ffi.NULL or info.v_length == 0:
            raise NgspiceError(f"{plot} has no values for {name}: {self.last_words()}")
        if info.v_compdata == ffi.NULL:
            return np.frombuffer(ffi.buffer(info.v_realdata, info.v_length * 8), np.float64).copy()
        return np.frombuffer(ffi.buffer(info.v_compdata, info.v_length * 16), np.complex128).copy()
