"""What people upload, to texts: netlists and model files, or a circuit folder. Nothing is written, nothing executed.

Of a circuit folder the texts alone are read: never stored designs, drawings (code) or whether it is held out.
"""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import TEXTS, read_texts
from sizing_app.circuit.folder_text import folder_texts
from sizing_app.circuit.toml_table import CircuitError

LARGEST_ARCHIVE, MOST_MEMBERS = 1_000_000, 8
"""Bytes of a ZIP, unpacked too, and files in it."""
LARGEST_FILE = 2_000_000
"""Bytes of a file."""
NETLISTS = (".sp", ".spi", ".spice", ".cir", ".ckt", ".net", ".cdl", ".scs", ".l", ".lib", ".mod", ".inc", ".pm",
            ".txt")
"""Ends of names that are taken from a folder."""
_PLAIN = re.compile(r"(?:[\w-][\w. -]{0,79}/)?[\w-][\w. -]{0,79}", re.ASCII)


class UploadError(ValueError):
    """An upload cannot be read; says why in a sentence."""


def files_in(name: str, data: bytes) -> dict[str, str]:
    """Name to text of an uploaded file, or of those in a ZIP. Raises UploadError."""
    if data[:4] == b"PK\3\4" or name.lower().endswith(".zip"):
        return _unpacked(name, data)
    if len(data) > LARGEST_FILE:
        raise UploadError(f"{name}: {len(data):,} bytes, at most {LARGEST_FILE:,}")
    return {name: _text(name, data)}


def files_of(path: Path) -> dict[str, str]:
    """The same of a file, a ZIP or a folder on the disk."""
    if path.is_dir():
        return _of_folder(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UploadError(f"{path}: {path.stat().st_size:,} bytes, at most {LARGEST_FILE:,}")
        data = path.read_bytes()
    except OSError as error:
        raise UploadError(f"{path}: {error.strerror or error}") from None
    return files_in(path.name, data)


def is_circuit(files: Mapping[str, str]) -> bool:
    """Whether texts are those of a circuit folder."""
    return any(_base(name) == TEXTS[0] for name in files)


def circuit_in(files: Mapping[str, str], name: str) -> Circuit:
    """The circuit of the texts of its folder. ``name`` counts where the folder has none. Raises CircuitError."""
    given = next(path for path in files if _base(path) == TEXTS[0])
    folder = given.removesuffix(TEXTS[0])
    found = {key: files[folder + key] for key in TEXTS if folder + key in files}
    if missing := [key for key in TEXTS[:3] if key not in found]:
        raise CircuitError(f"{folder}: expected {', '.join(TEXTS[:3])}, {missing[0]} is missing")
    return read_texts(found, Path(folder.strip("/") or name), own=True)


def packed(circuit: Circuit) -> bytes:
    """A ZIP with the folder of a circuit, the same for the same circuit."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, text in folder_texts(circuit).items():
            archive.writestr(zipfile.ZipInfo(f"{circuit.name}/{file}", (1980, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def _unpacked(name: str, data: bytes) -> dict[str, str]:
    if len(data) > LARGEST_ARCHIVE:
        raise UploadError(f"{name}: {len(data):,} bytes, at most {LARGEST_ARCHIVE:,}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [item for item in archive.infolist() if not item.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise UploadError(f"{name}: {len(members)} files, at most {MOST_MEMBERS}")
            return _members(name, archive, members)
    except UploadError:
        raise
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError,
            ValueError) as error:
        raise UploadError(f"{name} is no ZIP that can be read: {error}") from None


def _members(name: str, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, str]:
    """Texts of members, each bounded while it is unpacked."""
    found, left = {}, LARGEST_ARCHIVE
    for item in members:
        if not _PLAIN.fullmatch(item.filename):
            raise UploadError(f"{name}: {item.filename[:60]!r} is no plain name of a file in at most one folder")
        with archive.open(item) as stream:
            data = stream.read(left + 1)
        left -= len(data)
        if left < 0:
            raise UploadError(f"{name}: more than {LARGEST_ARCHIVE:,} bytes when unpacked")
        if _is_read(item.filename):
            found[item.filename] = _text(f"{name}: {item.filename}", data)
    if not found:
        raise UploadError(f"{name}: no netlist in it: {', '.join(NETLISTS[:6])} ...")
    return found


def _of_folder(path: Path) -> dict[str, str]:
    names = sorted(item.name for item in path.iterdir() if item.is_file())
    if TEXTS[0] in names:
        return {f"{path.resolve().name}/{name}": _text(str(path / name), (path / name).read_bytes())
                for name in TEXTS if name in names}
    wanted = [name for name in names if _is_read(name)]
    if not wanted:
        raise UploadError(f"{path}: no netlist in this folder: {', '.join(NETLISTS[:6])} ...")
    if len(wanted) > MOST_MEMBERS:
        raise UploadError(f"{path}: {len(wanted)} netlists, at most {MOST_MEMBERS}: name the files")
    return {key: text for name in wanted for key, text in files_of(path / name).items()}


def _is_read(name: str) -> bool:
    return _base(name) in TEXTS or _base(name).lower().endswith(NETLISTS)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _text(name: str, data: bytes) -> str:
    """UTF-8, UTF-16 with its mark (LTspice), else Latin-1, as old tools write the micro sign."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        raise UploadError(f"{name} is no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
