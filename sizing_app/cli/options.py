"""Options that several commands have, each group in one function."""

import argparse

from sizing_app.paths import database_url

DATABASE = database_url()


def add_variation(parser: argparse.ArgumentParser, seed: bool = True) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("random variation")
    if seed:
        group.add_argument("--seed", default="1", metavar="N", help="of the samples; default 1")
    group.add_argument("--vary", choices=("all", "mismatch"), default="all", help="mismatch, and the process where "
                       "the foundry says how it varies, or mismatch alone")
    group.add_argument("--pelgrom", metavar="AVT,ABETA", help="assume A_VT (mV um) and A_beta (%% um) of a pair for "
                       "all transistors, such as 3,1, in place of the foundry's coefficients")
    return group


def add_simulator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--simulator", default="local", metavar="WHERE", help="local: processes of this machine; ray: "
                        "Ray, started here; auto or ray://HOST:PORT: a running Ray cluster (docs/scale.md)")


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, nothing else")


def add_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", default=DATABASE, metavar="URL",
                        help=f"URL of an SQLite file or of PostgreSQL, default {DATABASE}")


def add_conditions(parser: argparse.ArgumentParser, default: str = "nominal") -> None:
    group = parser.add_argument_group("conditions", f"{default} unless given")
    group.add_argument("--corner")
    group.add_argument("--temperature", help="degrees Celsius")
    group.add_argument("--supply", help="volts")
    group.add_argument("--load", help="farads, such as 2p")


def add_server(parser: argparse.ArgumentParser, sampling: bool = True) -> None:
    group = parser.add_argument_group("language model", "the embedded engine answers unless a server is named; a "
                                      "server's key is read from the environment variable OPENAI_API_KEY")
    group.add_argument("--base-url", metavar="URL", help="OpenAI-compatible, such as http://127.0.0.1:8000/v1")
    group.add_argument("--model", metavar="NAME", help="the model's name on that server")
    group.add_argument("--reply-tokens", metavar="N", help="most that this model may write in a turn, thoughts "
                       "included; default 4096")
    group.add_argument("--reply-characters", metavar="N", help="most that is read of its reply, without the thoughts; "
                       "default 20000")
    if sampling:
        group.add_argument("--sampling-temperature", dest="sampling", metavar="T",
                           help="default: what a checkpoint's card says, 0.5 for other models")
