"""Small networks as arrays in a file: what training fits, and numpy runs.

A file holds, for network i and layer j, ``w{i}_{j}`` of shape (inputs, outputs) and ``b{i}_{j}`` of shape (outputs,),
all float. Hidden layers are followed by tanh; what follows the last one is up to who uses it.
"""

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sizing_app.errors import PolicyError

Network = list[tuple[np.ndarray, np.ndarray]]


def save_networks(path: Path, networks: Sequence[Network], **others: np.ndarray) -> None:
    """Write networks, in half precision, and other arrays: next to ``path``, then renamed, so that a killed run leaves
    no part of a file."""
    arrays = {f"{kind}{number}_{place}": array.astype(np.float16) for number, network in enumerate(networks)
              for place, layer in enumerate(network) for kind, array in zip("wb", layer, strict=True)}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial.npz")
    np.savez_compressed(unfinished, **arrays, **others)
    unfinished.replace(path)


def load_networks(path: Path, inputs: int, outputs: int) -> tuple[list[Network], Mapping[str, np.ndarray]]:
    """The networks of a file, checked to map so many inputs to so many outputs, and all arrays of the file.

    Raises PolicyError.
    """
    arrays = _load_arrays(Path(path))
    indices = sorted(tuple(map(int, match.groups())) for name in arrays
                     if (match := re.fullmatch(r"w(\d+)_(\d+)", name)))
    networks: list[Network] = [[] for _ in range(indices[-1][0] + 1)] if indices else []
    for i, j in indices:
        if f"b{i}_{j}" not in arrays:
            raise PolicyError(f"{path} lacks the array b{i}_{j}")
        networks[i].append((arrays[f"w{i}_{j}"].astype(np.float32), arrays[f"b{i}_{j}"].astype(np.float32)))
    for i, network in enumerate(networks):
        widths = [inputs, *(weights.shape[1] for weights, _ in network)]
        fits = network and widths[-1] == outputs and all(
            weights.shape == (before, after) and bias.shape == (after,)
            for (weights, bias), before, after in zip(network, widths[:-1], widths[1:], strict=True))
        if not fits:
            raise PolicyError(f"{path}: network {i} does not map {inputs} features to {outputs} numbers, as "
                              f"{path.stem} needs")
    if not networks:
        raise PolicyError(f"{path} holds no network: expected arrays w0_0, b0_0, ...")
    return networks, arrays


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise PolicyError(f"{path} is missing; `make train` writes it")
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise PolicyError(f"{path} cannot be read: {error}") from error
