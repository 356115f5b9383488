"""Circuits of one's own for programs: text in, report or circuit out. Endpoints beside those of api.py.

Reading and simulating are bounded as uploads of the pages are; a circuit is simulated in a confined worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder_text import folder_texts
from sizing_app.own.assembly import assemble
from sizing_app.own.check import check_own
from sizing_app.own.draft import Draft, draft_of
from sizing_app.own.draft_check import check_draft
from sizing_app.own.keeping import check_free, keep_original, known_design
from sizing_app.own.report import report, report_of
from sizing_app.own.upload import circuit_in, is_circuit
from sizing_app.testbenches.bench import bench_of
from sizing_app.ui.exchange.api_inputs import WrongInput, expect_object, read_circuit, read_text
from sizing_app.ui.own.copies import duplicated, renamed
from sizing_app.ui.services import Services


class OwnApi:
    """The endpoints; NAMES says how many calls of each may be served at once."""

    NAMES = {"read_netlist": 4, "import_circuit": 2, "check_circuit": 2, "circuit_files": 20, "circuit_versions": 20,
             "rename_circuit": 20, "duplicate_circuit": 20, "share_circuit": 20, "remove_circuit": 20}

    def __init__(self, services: Services):
        self.services = services

    def read_netlist(self, files: dict[str, Any], choices: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a SPICE netlist would become: devices, ports, parameters, testbench, notes, all problems. Simulates and
        stores nothing.

        Args:
            files: name to text: the netlist first, then models and files that it includes
            choices: any of top, process, name, roles, values, parameters, testbench, settings, changes, metrics, \
better, corners, temperatures, supplies, loads, specs, as_written (docs/own-circuit.md); what is left out is proposed
        """
        return report(_draft(files, choices)).document()

    def import_circuit(self, files: dict[str, Any], choices: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make a SPICE netlist a circuit that can be sized by its name: it is simulated, gets first specs 10% easier
        than its own design, and is stored. Nothing is stored where "key" is empty; "problems" says why.

        Args:
            files: name to text, as read_netlist takes them; or circuit.toml, netlist.sp, testbench.sp of a circuit
            choices: as read_netlist takes them
        """
        _expect_objects(files, choices)
        if is_circuit(files):
            circuit = circuit_in(_texts(files), str((choices or {}).get("name") or "own"))
            return {"name": circuit.name, "key": self._save(circuit), "problems": []}
        draft = _draft(files, choices)
        told = report(draft)
        if told.problems:
            return told.document() | {"key": ""}
        check_free(told.name)
        with self.services.check() as simulator:
            checked = check_draft(draft, simulator, designs=0, stop=simulator.stop)
        document = report_of(assemble(checked.draft)).document() | {"check": checked.document(), "key": ""}
        if not checked.circuit.specs:
            sentence = "the file's own design gives no metric to make specs of"
            return document | {"problems": [{"place": "", "word": "", "text": sentence, "sentence": sentence}]}
        key = self._save(checked.circuit)
        keep_original(checked.circuit, checked.found)
        return document | {"key": key}

    def check_circuit(self, circuit: str) -> dict[str, Any]:
        """Simulate a circuit's own design and 20 random ones: metrics, share that simulates, CPU seconds, spreads.

        Args:
            circuit: name of a circuit, or its key
        """
        found = read_circuit(self.services.circuits, circuit)
        with self.services.check() as simulator:
            checked = check_own(found, bench_of(found), known_design(found), simulator)
        return {"name": found.name, "key": found.key, **checked.document()}

    def circuit_files(self, circuit: str) -> dict[str, Any]:
        """A circuit as the files of its folder, name to text; import_circuit reads them again.

        Args:
            circuit: name of a circuit, or its key
        """
        return folder_texts(read_circuit(self.services.circuits, circuit))

    def circuit_versions(self, name: str) -> list[dict[str, Any]]:
        """What was stored under a name, newest first: key, and when (seconds since 1970, UTC).

        Args:
            name: name of a stored circuit
        """
        return [{"key": key, "saved": saved} for key, saved in self.services.own.versions(read_text(name, "name"))]

    def rename_circuit(self, circuit: str, name: str) -> str:
        """Give a stored circuit, with all versions of a name, another name; returns the newest version's new key.
        Sessions on it keep the old one.

        Args:
            circuit: name of a stored circuit, or its key
            name: letters, digits, _ and -
        """
        with _known(circuit):
            return renamed(self.services, circuit, read_text(name, "name"))

    def duplicate_circuit(self, circuit: str, name: str) -> str:
        """Store a circuit once more under another name; returns the key.

        Args:
            circuit: name of a circuit, or its key
            name: letters, digits, _ and -
        """
        read_circuit(self.services.circuits, circuit)
        return duplicated(self.services, circuit, read_text(name, "name"))

    def share_circuit(self, circuit: str, shared: bool = True) -> bool:
        """Let everyone who may come in see a stored circuit of yours, or you alone; returns which. Where nobody signs
        in all is everybody's.

        Args:
            circuit: name of a stored circuit, or its key
            shared: false takes it back
        """
        if not isinstance(shared, bool):
            raise WrongInput(f"shared: expected true or false, found {shared!r}.")
        with _known(circuit):
            self.services.own.share(circuit, shared)
        return shared

    def remove_circuit(self, circuit: str) -> int:
        """Take a stored circuit off the list; returns how many versions stay with their sessions.

        Args:
            circuit: name of a stored circuit, or its key
        """
        with _known(circuit):
            return self.services.own.remove(circuit)

    def _save(self, circuit: Circuit) -> str:
        check_free(circuit.name)
        return self.services.own.save(circuit)


@contextmanager
def _known(handle: str) -> Iterator[None]:
    read_text(handle, "circuit")
    try:
        yield
    except KeyError:
        raise WrongInput(f"There is no stored circuit {handle!r}.") from None


def _expect_objects(files: object, choices: object) -> None:
    expect_object(files, "files")
    expect_object(choices or {}, "choices")


def _draft(files: dict[str, Any], choices: dict[str, Any] | None) -> Draft:
    _expect_objects(files, choices)
    return draft_of({**(choices or {}), "files": files})


def _texts(files: dict[str, Any]) -> dict[str, str]:
    return _draft(files, None).files
