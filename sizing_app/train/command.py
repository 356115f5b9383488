"""``python -m sizing_app train``: every stage from simulated designs to an exported checkpoint.

    pools     simulated designs of each circuit                                  (circuits/NAME/pool.npz)
    data      trajectories, queries, regressors and surrogates made of them      (data/, models/mlp, models/surrogate)
    sft       supervised training on the trajectories                            (runs/NAME/sft.pt, models/sft)
    tl-grpo   reinforcement learning from there, with ngspice in the loop        (runs/NAME/tl-grpo.pt)
    trajectory-grpo, single-turn-grpo, gtpo: what it is compared with, the same way
    export    the best checkpoints of the run                                    (models/sft, models/tl-grpo ...)
    all       pools, data, sft, tl-grpo and export in turn (the default)

Each stage goes on where it was cut. Exit code 75 says that ``--time-limit`` came first: run the same command again.
"""

import argparse
import json
import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from sizing_app.prompt.versions import LATEST, VERSIONS
from sizing_app.task.advantage import DIVISORS
from sizing_app.train.config import CIRCUITS, PRESETS, Preset

UNFINISHED = 75
"""EX_TEMPFAIL of sysexits.h."""
STAGES = ("pools", "data", "sft", "tl-grpo", "export")
"""What the stage ``all`` runs."""
COMPARED = ("trajectory-grpo", "single-turn-grpo", "gtpo")


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from sizing_app.circuit.toml_table import CircuitError
    from sizing_app.errors import SimulatorError
    from sizing_app.train.run_folder import RunError
    from sizing_app.train.stages import Stages
    try:
        with Stages(options, preset_of(options), _command(arguments)) as stages:
            for name in STAGES if options.stage == "all" else (options.stage,):
                if not stages.run(name):
                    print(f"{name}: the time limit came first; the same command goes on from here", flush=True)
                    return UNFINISHED
    except (RunError, CircuitError, SimulatorError, FileNotFoundError) as error:
        print(f"sizing_app.train: {error}", file=sys.stderr)
        return 2
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sizing train", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", nargs="?", default="all", choices=(*STAGES, *COMPARED, "all"))
    parser.add_argument("--out", type=Path, default=Path("runs/default"), metavar="FOLDER", help="the run's folder")
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="FOLDER", help="where the data stage writes")
    parser.add_argument("--models", type=Path, default=Path("models"), metavar="FOLDER", help="where exports go")
    parser.add_argument("--circuits", default=CIRCUITS, help="names, with commas between (all but the held-out ones)")
    parser.add_argument("--no-family", action="store_true", help="without the procedural family of amplifiers")
    parser.add_argument("--preset", default="auto", choices=("auto", *PRESETS),
                        help="auto: that of the run; of a new one small on a GPU, tiny without")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None, help="simulations at once (default: one a core)")
    parser.add_argument("--simulator", default="local", metavar="WHERE", help="local, ray, auto or ray://HOST:PORT "
                        "(docs/scale.md)")
    parser.add_argument("--time-limit", type=float, default=None, metavar="SECONDS", help="stop and save before")
    parser.add_argument("--resume", default="auto", choices=("auto", "no"), help="no: forget what the run wrote")
    parser.add_argument("--start", type=Path, default=None, metavar="FOLDER",
                        help="begin sft, or reinforcement learning, with this exported checkpoint")
    parser.add_argument("--prompt", default=None, choices=tuple(VERSIONS), help=f"version of the prompt, for data and "
                        f"sft ({LATEST}, or that of --start; with another one sft begins with its weights and the "
                        "words that both have)")
    parser.add_argument("--credit-design", action="store_true",
                        help="credit every token with the design's reward, as the paper does")
    parser.add_argument("--latest-only", action="store_true", help="show the policy the latest turn alone")
    parser.add_argument("--divide-by", default=None, choices=DIVISORS,
                        help="what the distance of a reward from the mean of its group is divided by (std, as in the "
                        "paper)")
    parser.add_argument("--group", type=int, default=None, metavar="G", help="samples that are compared")
    parser.add_argument("--batch", type=int, default=None, metavar="N", help="queries of a reinforcement learning step")
    parser.add_argument("--clip-high", type=float, default=None, metavar="C", help="upper clip of the importance ratio")
    parser.add_argument("--learning-rate", type=float, default=None, metavar="R", help="of reinforcement learning")
    parser.add_argument("--bonus", type=float, default=None, metavar="B", help="added to the reward of a design that "
                        "meets all specs")
    parser.add_argument("--temperature", type=float, default=None, metavar="T", help="at which reinforcement learning "
                        "samples")
    parser.add_argument("--validation", type=int, default=None, metavar="N", help="queries held out (0: none)")
    parser.add_argument("--rollouts", type=int, default=None, metavar="N", help="end after N turn-level rollouts")
    parser.add_argument("--remark", default=None, metavar="TEXT", help="a sentence for the cards of an export")
    for name, text in (("conditions", "conditions of a pool"), ("pool", "designs a condition"),
                       ("trajectories", "trajectories a circuit (0: none of the family either)"),
                       ("sft-steps", "supervised steps"),
                       ("rl-steps", "reinforcement learning steps")):
        parser.add_argument(f"--{name}", type=int, default=None, metavar="N", help=f"instead of the preset's {text}")
    return parser.parse_args(arguments)


def preset_of(options: argparse.Namespace) -> Preset:
    """The preset (of the run, where there is one already) with the numbers that were given on the command line."""
    facts = options.out / "run.json"
    if options.preset == "auto" and options.resume == "auto" and facts.exists():
        options.preset = json.loads(facts.read_text())["preset"]
    if options.preset == "auto":
        from sizing_app.train.model import pick_device
        options.preset = "small" if pick_device(options.device).type == "cuda" else "tiny"
    preset = PRESETS[options.preset]
    given = (("data", "conditions", options.conditions), ("data", "simulations", options.pool),
             ("data", "trajectories", options.trajectories), ("sft", "steps", options.sft_steps),
             ("data", "prompt", options.prompt),
             ("data", "family_trajectories", 0 if options.trajectories == 0 else None),
             ("rl", "steps", options.rl_steps), ("rl", "credit_truth", False if options.credit_design else None),
             ("rl", "latest_only", True if options.latest_only else None), ("rl", "group", options.group),
             ("rl", "divide_by", options.divide_by),
             ("rl", "queries", options.batch), ("rl", "clip_high", options.clip_high),
             ("rl", "learning_rate", options.learning_rate), ("rl", "temperature", options.temperature),
             ("rl", "all_specs_bonus", options.bonus),
             ("rl", "validation", options.validation), ("rl", "rollouts", options.rollouts))
    for part, name, value in given:
        if value is not None:
            preset = replace(preset, **{part: replace(getattr(preset, part), **{name: value})})
    return preset


def _command(arguments: list[str] | None) -> str:
    return "python -m sizing_app train " + shlex.join(sys.argv[1:] if arguments is None else arguments)
