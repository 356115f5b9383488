"""Hostile decks in processes that are confined as workers are: ``python -m tests.raw_worker yes|no``.

One process loads ngspice; each deck gets a fork of it, which confines itself (yes) or does not (no), loads the deck
raw and runs its commands. JSON on standard input says which decks, and what stands for their capitals: {name: {word:
text}}; what came of each is printed as JSON: {name: {"said": ..., "mapped": ..., "status": ...}}.
"""

import json
import os
import resource
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from sizing_app.simulator.confine import confine
from sizing_app.simulator.ngspice import Ngspice
from tests.hostile_decks import DECKS, Deck

CPU_LIMIT = 2
"""Seconds, in place of the pool's deadline."""
LONGEST = 1_000_000
"""Characters of what ngspice says."""


def main() -> None:
    confined, decks, ngspice = sys.argv[1] == "yes", json.load(sys.stdin), Ngspice()
    print(json.dumps({name: attempt(ngspice, filled(DECKS[name], words), confined) for name, words in decks.items()}))


def filled(deck: Deck, words: dict[str, str]) -> Deck:
    """The deck with its capitals replaced."""
    text = deck.text.replace("@PARENT@", str(os.getpid()))
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return Deck(text, deck.commands)


def attempt(ngspice: Ngspice, deck: Deck, confined: bool) -> dict:
    """One deck in a process of its own: what ngspice said, which files were mapped into it, how it ended."""
    ours, theirs = Pipe()
    pid = os.fork()
    if not pid:
        ours.close()
        _suffer(theirs, ngspice, deck, confined)
    theirs.close()
    try:
        said = ours.recv_bytes().decode()
        mapped = Path(f"/proc/{pid}/maps").read_text()
        ours.send_bytes(b"end")
    except (EOFError, OSError):
        said = mapped = ""
    return {"said": said, "mapped": mapped, "status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}


def _suffer(pipe: Connection, ngspice: Ngspice, deck: Deck, confined: bool) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sink = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(sink, number)
        if confined:
            assert confine() == []
        said = []
        for step in (lambda: ngspice.load(deck.text), *(lambda line=line: ngspice.run(line) for line in deck.commands)):
            try:
                step()
            except Exception as error:
                said.append(str(error))
            said += ngspice.messages
        pipe.send_bytes("\n".join(said)[:LONGEST].encode())
        pipe.recv_bytes()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
