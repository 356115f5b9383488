"""Netlists that attack the machine they run on, for a worker that gets them past the rules of circuit/deck_rules.py.

Words in capitals between @ signs are filled in by the test: a folder (@D@), a file with a secret (@SECRET@), one with
numbers (@NUMBERS@), a shared library (@LIBRARY@), a shell script that connects to the test (@SCRIPT@), the process
above (@PARENT@). Paths are in small letters, as ngspice writes them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Deck:
    """What ngspice is given, and the commands that follow."""

    text: str
    commands: tuple[str, ...] = ()


def deck(*lines: str, run: tuple[str, ...] = ()) -> Deck:
    """A small circuit and further lines."""
    return Deck("\n".join(["* hostile", "V1 a 0 1", "R1 a 0 1k", *lines, ".end", ""]), run)


def script(*commands: str) -> Deck:
    return deck(".control", *commands, ".endc")


TELLING = {
    "shell": script("shell touch @D@/pwned"),
    "shell in a comment": deck("*# shell touch @D@/pwned"),
    "backquote": script("echo `touch @D@/pwned`"),
    "shell and network": script("shell bash @SCRIPT@"),
    "write": script("op", "write @D@/pwned v(a)"),
    "echo into a file": script("echo hello > @D@/pwned"),
    "snapshot": script("tran 1u 10u", "snsave @D@/pwned"),
    "include": deck(".include @SECRET@", run=("op", "listing expand")),
    "environment": script("load /proc/self/environ"),
    "source": script("source @SECRET@"),
    "file source": deck("A1 %v([out]) fs",
                        '.model fs filesource(file="@NUMBERS@" amploffset=[0] amplscale=[1] timeoffset=0 timescale=1 '
                        "timerelative=false amplstep=false)", "R2 out 0 1k", run=("tran 1u 10u", "print v(out)")),
    "native code": deck("*#codemodel @LIBRARY@"),
}
"""One of each kind."""
MORE = {
    "editor": script("set editor='touch @D@/pwned;'", "edit"),
    "gnuplot": script("op", "setcs x", "gnuplot @D@/pwned v(a)"),
    "echo after a file": script("echo hello >> @D@/pwned"),
    "raw file": script("tran 1u 10u", "set filetype=ascii", "run @D@/pwned"),
    "open to write": script("fopen h @D@/pwned w"),
    "listing into a file": script("listing expand > @D@/pwned"),
    "cut a file": script("echo x > @SECRET@"),
    "shared memory": script("echo x > /dev/shm/@TOKEN@"),
    "own memory": script("echo x > /proc/self/mem"),
    "include the environment": deck(".include /proc/self/environ", run=("op", "listing expand")),
    "include the users": deck(".include /etc/passwd", run=("op", "listing expand")),
    "library": deck(".lib @SECRET@ tt", run=("op",)),
    "include the environment above": deck(".include /proc/@PARENT@/environ", run=("op", "listing expand")),
    "load": script("load @SECRET@"),
    "open to read": script("fopen h @SECRET@ r", "fread line $h", "echo got $line"),
    "digital source": deck("A1 [q] ds", '.model ds d_source(input_file="@SECRET@")', run=("tran 1u 10u",)),
    "waveform file": deck("V2 out 0 pwl(file=@NUMBERS@)", "R2 out 0 1k", run=("tran 1u 10u", "print v(out)")),
    "quit": script("quit"),
    "endless script": script("let i = 0", "while i < 1", "let i = 0", "end"),
    "10^10 numbers": script("let x = vector(10000000000)"),
    "10^9 resistors": Deck("\n".join([
        "* hostile", *(line for level in range(9) for line in (
            f".subckt s{level} a b", *(f"X{copy} a b s{level + 1}" for copy in range(10)), ".ends")),
        ".subckt s9 a b", "R1 a b 1k", ".ends", "V1 a 0 1", "X1 a 0 s0", ".end", ""]), ("op",)),
    "subcircuit in itself": Deck("* hostile\n.subckt s a b\nX1 a b s\n.ends\nV1 a 0 1\nX1 a 0 s\n.end\n", ("op",)),
    "function in itself": deck(".func f(x) {f(x)+1}", "R2 a 0 {f(1)}", run=("op",)),
    "deep parentheses": deck(f"B1 b 0 V={'(' * 20_000}1{')' * 20_000}", run=("op",)),
    "deep parameter": deck(f".param x={{{'(' * 20_000}1{')' * 20_000}}}", "R2 a 0 {x}", run=("op",)),
    "long line": deck(f".param y={{{'+'.join(['1'] * 200_000)}}}", "R2 a 0 {y}", run=("op",)),
    "300,000 resistors": deck(*(f"R{number} n{number} n{number + 1} 1" for number in range(2, 300_000)), run=("op",)),
}
DECKS = TELLING | MORE
