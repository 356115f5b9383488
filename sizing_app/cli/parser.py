"""The commands and their options; options.py has those that several share. Values are checked in values.py, where their
messages can name what is allowed."""

import argparse
import sys

from sizing_app.cli.options import (DATABASE, add_conditions, add_database, add_json, add_server, add_simulator,
                                    add_variation)
from sizing_app.policy import OWN_POLICY, POLICIES, served

SUITES = ("standard", "tight", "shifted", "moved", "moved-wide")
"""What evaluations play; the last two are there for held-out circuits."""
TOOLS = {
    "train": ("sizing_app.train.command", "from simulated designs to checkpoints, stage by stage",
              "requirements-train.txt"),
    "merge": ("sizing_app.train.merge", "one checkpoint of several runs",
              "requirements-train.txt"),
    "family": ("sizing_app.train.family.command", "specs and designs of the amplifiers that training uses",
               "requirements-train.txt"),
    "queries": ("sizing_app.evaluate.queries", "make the queries of the benchmark",
                "requirements.txt"),
    "golden": ("sizing_app.evaluate.golden", "find a golden design",
               "requirements.txt"),
    "validate": ("sizing_app.evaluate.validate", "checkpoints on queries of training",
                 "requirements-train.txt"),
    "compare": ("sizing_app.evaluate.compare", "algorithms and ablations at equal cost",
                "requirements-train.txt"),
    "serve-model": ("sizing_app.policy.open_model", "an open language model on this machine, for --base-url",
                    "requirements-open-model.txt"),
    "fine-tune": ("sizing_app.train.fine_tune", "an open language model: supervised, then TL-GRPO",
                  "requirements-train.txt"),
    "verl-data": ("sizing_app.verl.dataset", "training queries as the files that verl reads",
                  "requirements-verl.txt"),
}
"""Commands of those who make circuits and models, to the module whose ``main`` reads the rest of the line, what it
does, and the file of what it needs."""


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one line."""

    def error(self, message: str):
        print(f"{self.prog}: {' '.join(message.split())}", file=sys.stderr)
        sys.exit(2)


def build_parser() -> Parser:
    parser = Parser(prog="sizing", description="Reasoning-guided sizing of analog circuits.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serve(commands.add_parser("serve", help="open the app in a browser"))
    _circuits(commands.add_parser("circuits", help="list or check the circuits"))
    _simulate(commands.add_parser("simulate", help="simulate one design"))
    _size(commands.add_parser("size", help="run one sizing session"))
    _fork(commands.add_parser("fork", help="a turn of a stored session anew, with a plan in your words"))
    _front(commands.add_parser("front", help="what one metric costs in another: sessions over a swept bound"))
    _evaluate(commands.add_parser("evaluate", help="compare policies on a suite of queries"))
    _sessions(commands.add_parser("sessions", help="list, show or export stored sessions"))
    _export(commands.add_parser("export", help="one design as a ZIP that runs in plain ngspice"))
    _report(commands.add_parser("report", help="one design as a datasheet, HTML or Markdown"))
    commands.add_parser("install-pdks", help="install the packages with the open foundry models")
    for name, (_, what, _) in TOOLS.items():
        commands.add_parser(name, help=what, add_help=False)
    return parser


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="7860")
    parser.add_argument("--auth", metavar="USER:PASSWORD", help="who may come in, or a file of such lines")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME",
                        help="a name that the server may be reached by, behind a proxy for instance; may be repeated")
    parser.add_argument("--mcp", action="store_true", help="serve the API as tools of an MCP server too")
    add_database(parser)
    add_server(parser, sampling=False)
    parser.add_argument("--trust-circuits", action="store_true", help="simulate circuits of imported sessions where "
                        "the system cannot confine the simulator, too")
    add_simulator(parser)


def _circuits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="measure how hard each circuit is: golden design, random "
                        "designs, sessions of random search and Bayesian optimization; and whether its test queries "
                        "tell methods apart")
    parser.add_argument("--circuits", metavar="A,B", help="only these; default: all")
    parser.add_argument("--designs", default="200", metavar="N", help="random designs of a check")
    parser.add_argument("--queries", default="20", metavar="N", help="queries of a check, from the suite standard")
    parser.add_argument("--out", metavar="FILE", help="write the figures of a check there too, other circuits' rows "
                        "stay; the Circuits page reads circuits/check.json")
    add_json(parser)
    add_simulator(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="circuits of one's own")
    _import(actions.add_parser("import", help="a netlist as people write it becomes a circuit of the database"))
    check = actions.add_parser("check", help="simulate an own circuit: its design, and random ones")
    check.add_argument("handle", metavar="NAME|FOLDER", help="name or key of one in the database, or a circuit folder")
    export = actions.add_parser("export", help="a circuit as ZIP of its folder")
    export.add_argument("handle", metavar="NAME")
    export.add_argument("--out", metavar="ZIP", required=True)
    remove = actions.add_parser("remove", help="take a circuit off the list; sessions keep theirs")
    remove.add_argument("handle", metavar="NAME")
    for action in (check, export, remove):
        add_database(action)
        add_json(action)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE|FOLDER|ZIP", help="the netlist first, then what it includes; "
                        "or the folder of a circuit")
    words = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument("--subckt", metavar="S", help="default: the largest that no other one uses")
    parser.add_argument("--process", metavar="P", help="for models that the file does not bring: sky130, sky130_5v, "
                        "gf180mcu, gf180mcu_6v, freepdk45; own: none but its own cards")
    parser.add_argument("--models", metavar="FILE", help="model cards and libraries", **words)
    parser.add_argument("--param", metavar="NAME=VALUE", help="values of parameters that the file uses and does not "
                        "define", **words)
    parser.add_argument("--as-written", action="store_true", help="simulate exactly what the file says: no junction "
                        "areas and fingers of ours")
    parser.add_argument("--testbench", metavar="CLASS|FILE", help="a ready one: op-amp, fd-ota, comparator, ldo, "
                        "oscillator, filter, reference, generic; deck: that of the netlist itself; or a file that has "
                        "sources, analyses and .meas lines. Default: by the ports")
    parser.add_argument("--map", metavar="ROLE=PORT", help="inp=vp, supply=vcc ...: which port is what", **words)
    parser.add_argument("--bias", metavar="PORT=VALUE", help="current or voltage of a bias port", **words)
    parser.add_argument("--setting", metavar="NAME=VALUE", help="of the ready testbench (docs/testbenches.md)", **words)
    parser.add_argument("--meas", metavar="LINE", help="a .meas line more, in quotes", **words)
    parser.add_argument("--better", metavar="METRIC=WORD", help="high, low or near: which way a metric is better",
                        **words)
    parser.add_argument("--lock", metavar="PARAMETER", help="parameters that keep the file's value", **words)
    parser.add_argument("--supply", metavar="V", help="nominal supply")
    parser.add_argument("--load", metavar="F", help="nominal load")
    parser.add_argument("--name", metavar="N", help="default: of the subcircuit or the file")
    add_database(parser)
    add_json(parser)


def _simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("circuit", metavar="CIRCUIT", help="name, or key of one in the database")
    parser.add_argument("--golden", action="store_true", help="the golden design (what --set leaves out, too)")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
                        help="parameter values with SI suffixes, such as w_in=4.7u")
    views = parser.add_mutually_exclusive_group()
    views.add_argument("--corners", action="store_true", help="all corners, temperatures and supplies but those given "
                       "below, and the worst case of each spec")
    views.add_argument("--monte-carlo", metavar="N", help="N random samples of mismatch and process: yield, mean, "
                       "sigma, worst samples")
    views.add_argument("--sensitivity", action="store_true", help="what each parameter changes, and each device's "
                       "share of the spread by mismatch")
    views.add_argument("--devices", action="store_true", help="the operating point of each transistor")
    add_variation(parser).add_argument("--sample", metavar="N", help="simulate this one sample alone, 0 the first")
    add_conditions(parser)
    add_database(parser)
    add_json(parser)


def _chosen_design(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("design", metavar="CIRCUIT|SESSION", help="a circuit, with --golden or --set; or the id of a "
                        "stored session, its best design unless --turn names another")
    parser.add_argument("--golden", action="store_true", help="the golden design (what --set leaves out, too)")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
                        help="parameter values with SI suffixes, such as w_in=4.7u")
    parser.add_argument("--turn", metavar="N", help="of a session")
    add_conditions(parser, "nominal, or those of the session,")
    add_database(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    _chosen_design(parser)
    parser.add_argument("--out", metavar="FILE", help="the ZIP; default: CIRCUIT.zip in the current folder")


def _report(parser: argparse.ArgumentParser) -> None:
    _chosen_design(parser)
    add_variation(parser)
    parser.add_argument("--monte-carlo", default="200", metavar="N", help="random samples, 200 by default; 0: none")
    parser.add_argument("--out", metavar="FILE", required=True, help="what ends in .md is Markdown, else HTML")


def _size(parser: argparse.ArgumentParser) -> None:
    _asked(parser)
    parser.add_argument("--afresh", action="store_true", help="begin without what the stored sessions simulated of the "
                        "circuit, which searches by response surfaces else know (at the same conditions) or try first "
                        "(the best designs of other conditions)")
    parser.add_argument("--then", default="stop", metavar="WHAT", help="once all specs are met: stop, or 'minimize X' "
                        "or 'maximize X' with the specs held until that is settled or the budget is spent; X: a "
                        "metric, area (the sum of W L m), margin (the least one of the specs) or an expression, such "
                        "as gbw/power")
    add_server(parser)
    add_json(parser)
    add_simulator(parser)


def _fork(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", help="id of a stored session; its circuit, specs, conditions and "
                        "limits stay")
    parser.add_argument("--turn", required=True, metavar="N", help="the turn that is taken anew: the new session "
                        "begins with those before it")
    parser.add_argument("--plan", required=True, metavar="TEXT", help="what to change and why, in your words, such as "
                        "'I raise w_in and cut i_b.': stored as yours in place of the model's reasoning, and the model "
                        "writes the call; its later turns are its own")
    parser.add_argument("--policy", help="a language model; default: the session's own")
    parser.add_argument("--budget", default="5", metavar="N", help="simulations of the new session, the planned one "
                        "among them; default 5")
    add_database(parser)
    add_server(parser)
    add_json(parser)
    add_simulator(parser)


def _front(parser: argparse.ArgumentParser) -> None:
    _asked(parser, "100", OWN_POLICY)
    parser.set_defaults(then="stop")
    parser.add_argument("--sweep", metavar="METRIC", required=True, help="whose bound is swept")
    parser.add_argument("--against", metavar="METRIC", required=True, help="what is pushed at each bound")
    parser.add_argument("--points", default="8", metavar="N", help="bounds, each a stored session of --budget "
                        "simulations; those that are stored already are not run again")
    parser.add_argument("--range", metavar="LOW..HIGH", help="of the bound; default: half to twice the spec's")
    parser.add_argument("--csv", metavar="FILE", help="write the front there too, a row a design, SI units")
    add_server(parser)
    add_json(parser)
    add_simulator(parser)


def _asked(parser: argparse.ArgumentParser, budget: str = "5", policy: str | None = None) -> None:
    """What makes a task."""
    default = policy or (f"the best one for the budget by models/defaults.csv, for own circuits {OWN_POLICY}, with "
                         "--base-url chat")
    parser.add_argument("circuit", metavar="CIRCUIT", help="name, or key of one in the database")
    parser.add_argument("--policy", default=policy, help=f"{', '.join(POLICIES)}; default: {default}")
    parser.add_argument("--budget", default=budget, metavar="N", help="simulations after the initial design, default "
                        f"{budget}")
    parser.add_argument("--seed", default="0", metavar="N", help="seeds the initial design and the policy")
    parser.add_argument("--over", default="nominal", metavar="WHERE", help="where each design is judged, each spec by "
                        "its worst value: nominal, the conditions below alone; corners, all corners, temperatures and "
                        "supplies too; or a choice, 'tt,ss @ -40,27,125 @ 1.6,1.8 @ 1p': corners, temperatures, "
                        "supplies, loads")
    parser.add_argument("--samples", default="0", metavar="N", help="judge each design at N random samples of mismatch "
                        "and process too, the same ones for every design")
    parser.add_argument("--yield", dest="aim", default="100", metavar="AIM", help="percentage of the samples that "
                        "must meet each spec, default 100; or '3 sigma': their mean and so many standard deviations "
                        "towards the bound must")
    parser.add_argument("--round", default="1", metavar="N", help="designs that are proposed from the same history and "
                        "simulated at once")
    parser.add_argument("--golden", action="store_true", help="start from the golden design; of an imported circuit, "
                        "from the file's own")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
                        help="initial values; the rest is random by seed")
    parser.add_argument("--spec", nargs="+", action="extend", default=[], metavar="METRIC=TARGET",
                        help="gain=75, 'gbw>=60meg', 'power=<400u', pm=60..88; the other specs keep their defaults")
    add_variation(parser, seed=False)
    add_conditions(parser)
    add_database(parser)


def _evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--circuits", metavar="A,B", help="names, or keys of some in the database; default: all that "
                        "have the suite")
    parser.add_argument("--policies", metavar="P,Q", help="the first one is the reference of the differences; "
                        "constant, stored and search stand for all of the kind",
                        default=",".join(name for name in POLICIES if not served(name)))
    parser.add_argument("--suite", default=",".join(SUITES), metavar="NAME", help="one or more, with commas; a circuit "
                        "plays those that it has")
    parser.add_argument("--split", choices=("validation", "test"), default="validation", help="queries to choose "
                        "by, or those for reports alone; default: validation")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--react", action="store_true", help="instead of sessions: do first designs follow the targets "
                       "and the told conditions? One start, 20 sets of targets; writes react.md")
    other.add_argument("--impossible", action="store_true", help="targets pushed beyond what any design is known to "
                       "reach: is that declared? For response-surface, at --budget 300")
    other.add_argument("--causal", action="store_true", help="language models: what do sessions lose where results are "
                       "replaced, shuffled or hidden, and plans exchanged or inverted? Writes causal.md")
    other.add_argument("--corners", action="store_true", help="size each query over all corners, temperatures and "
                       "supplies; beside it, at its own conditions with its best design checked over them afterwards. "
                       "For response-surface, at --budget 1000; writes corners.md")
    parser.add_argument("--queries", metavar="N", help="the first N of each suite; default: all")
    parser.add_argument("--budget", default="5", metavar="N", help="simulations after the initial design")
    parser.add_argument("--out", default="runs/evaluation", metavar="FOLDER",
                        help="results.csv, turns.csv, summary.md, curves.png; what is in results.csv is not run again")
    parser.add_argument("--defaults", metavar="FILE", help="write there too after how many simulations each query of "
                        "the suite standard was met; models/defaults.csv says which policy is the default")
    parser.add_argument("--traces", nargs="?", const=DATABASE, metavar="URL", help="store the sessions too, so that "
                        f"the app's Models page leads to each; an SQLAlchemy address, {DATABASE} unless given")
    parser.add_argument("--threads", metavar="N", help="sessions at once; default: one a seat of the "
                        "simulator")
    add_database(parser)
    add_server(parser)
    add_json(parser)
    add_simulator(parser)


def _sessions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=("list", "show", "export"), default="list")
    parser.add_argument("id", nargs="?", metavar="ID")
    parser.add_argument("--limit", default="50", metavar="N", help="length of the list")
    parser.add_argument("--netlist", action="store_true", help="export the best design as netlist, in its testbench")
    add_database(parser)
    add_json(parser)
