"""A run as a whole: checkpoints that resume exactly, logs, curves, export, the command; one turn on real ngspice."""

import gzip
import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from sizing_app.circuit.folder import golden, load_training_circuit
from sizing_app.evaluate.validate import main as validate, wrong_form
from sizing_app.policy.card import prompt_of
from sizing_app.policy.gguf import write_gguf
from sizing_app.pools.designs import load_pool, pool_path
from sizing_app.pools.surrogate import load_surrogate, surrogate_path
from sizing_app.pools.teacher import Teacher
from sizing_app.prompt.compact import write_reply
from sizing_app.prompt.tokenizer import build_tokenizer, encode, load_tokenizer, save_tokenizer
from sizing_app.prompt.versions import LATEST, VERSIONS
from sizing_app.prompt.wording import wording
from sizing_app.task.definition import Task
from sizing_app.task.turn import Proposal, Turn
from sizing_app.train.command import main, parse, preset_of
from sizing_app.train.config import RLConfig, SFTConfig
from sizing_app.train.curves import draw_curves, running_mean
from sizing_app.train.data import alternate, load_lessons, split
from sizing_app.train.export import export_model, load_model, toml
from sizing_app.train.imagine import imagine, write_lessons
from sizing_app.train.merge import main as merge
from sizing_app.train.prepare import lessons_path, queries_path
from sizing_app.train.queries import Synthesis, save_queries
from sizing_app.train.rollout import Rollouts, play
from sizing_app.train.run_folder import Clock, RunError, RunFolder, StepLog, generator, read_log
from sizing_app.train.sft import train_sft
from sizing_app.train.stages import Stages, base_of
from sizing_app.train.step import tl_grpo
from sizing_app.train.trainer import Trainer, load_mean
from tests.bench.training import our_steps, prompts
from tests.builders import a_circuit, a_task, on_grid
from tests.training import ScriptedSampler, a_model, a_tokenizer, demonstration, dialogue, rollouts_of

ROOT = Path(__file__).resolve().parents[1]
SFT = SFTConfig(steps=6, batch=2, warmup=2, validation=1, validate_every=2, learning_rate=1e-2)
RL = RLConfig(steps=2, queries=2, group=3, reply_tokens=6, validation=2, validate_every=1, learning_rate=1e-3)
QUIET = {"report": lambda text: None}


class StopsAfter(Clock):
    """A time limit that comes after a number of steps."""

    def __init__(self, steps: int):
        super().__init__()
        self._steps = steps

    def over(self, reserve: float = 0.0) -> bool:
        self._steps -= 1
        return self._steps < 0


@pytest.fixture(scope="module")
def tokenizer():
    return a_tokenizer()


@pytest.fixture(scope="module")
def taught(tokenizer, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "TOY.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for w in (90e-6, 80e-6, 70e-6, 62e-6, 51e-6):
            file.write(json.dumps({"turns": demonstration(a_task(w=w))}) + "\n")
    return load_lessons([path], tokenizer, validation=1)


def same_weights(first, second) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


def test_lessons_are_tokenized_as_the_prompt_is(tokenizer, taught):
    assert len(taught.training) == 3 and len(taught.validation) == 2  # a pair
    turns = demonstration(a_task(w=90e-6))
    for turn, (prompt, reply) in zip(turns, taught.validation[0], strict=True):
        assert prompt.tolist() == encode(tokenizer, turn["prompt"])
        assert reply.tolist() == encode(tokenizer, turn["reply"])


@pytest.mark.parametrize("count, held_out, wanted", [(10, 4, [0, 1, 8, 9]), (10, 3, [0, 1, 8, 9]), (9, 1, [0, 1]),
                                                     (6, 0, []), (7, 7, [0, 1, 6]), (2, 1, []), (10, 64, [0, 1, 8, 9])])
def test_what_is_held_out_are_whole_pairs(count, held_out, wanted):
    training, held = split(range(count), held_out)
    assert held == wanted and sorted(training + held) == list(range(count))


def test_queries_of_the_circuits_in_turn_are_divided_by_whole_pairs():
    queries = [[f"{name}{place}" for place in range(count)] for name, count in (("a", 6), ("b", 4), ("c", 2))]
    assert alternate(queries, (2, 6)) == [["a0", "a1"], ["b0", "b1", "c0", "c1", "a2", "a3"]]
    assert alternate(queries, (3, 2)) == [["a0", "a1", "b0"], ["c0", "c1"]]
    with pytest.raises(ValueError, match="the files hold fewer"):
        alternate(queries, (4, 10))


def test_supervised_training_learns_and_resumes_exactly(tokenizer, taught, tmp_path):
    whole, cut = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "cut")
    for run in (whole, cut):
        run.path.mkdir()
    first = a_model(tokenizer)
    assert train_sft(first, taught, SFT, whole, 0, Clock(), **QUIET)
    assert not train_sft(a_model(tokenizer), taught, SFT, cut, 0, StopsAfter(4), **QUIET)
    second = a_model(tokenizer, seed=9)
    assert train_sft(second, taught, SFT, cut, 0, Clock(), **QUIET)
    assert same_weights(first, second)
    log = read_log(cut.log_path("sft"))
    assert [entry["step"] for entry in log] == list(range(6)) and log[-1]["loss"] < log[0]["loss"]
    assert log[-1]["validation_loss"] < log[1]["validation_loss"]
    assert draw_curves(cut.log_path("sft"), tmp_path / "sft.png") and (tmp_path / "sft.png").stat().st_size > 5000


def a_trainer(model, tokenizer, run: RunFolder) -> Trainer:
    run.path.mkdir(exist_ok=True)
    return Trainer("tl-grpo", tl_grpo, model, rollouts_of(model, tokenizer, RL.reply_tokens),
                   replace(RL, min_spread=-1.0), run, seed=0, **QUIET)


def test_a_mean_of_the_weights_that_leans_to_the_latest_steps_is_kept(tokenizer, tmp_path):
    model = a_model(tokenizer)
    trainer, seen = a_trainer(model, tokenizer, RunFolder(tmp_path / "run")), [parameters_to_vector(model.parameters())]
    for _ in range(3):
        vector_to_parameters(1.1 * seen[-1], model.parameters())
        trainer.step([a_task(budget=2)])
        seen.append(parameters_to_vector(model.parameters()))
    kept = parameters_to_vector(trainer.average.parameters())
    mean = (seen[0] * 4 + seen[1] * 16 + seen[2] * 40 + seen[3] * 80) / 140  # (n + 3)! / n!, averaging being 3
    assert torch.allclose(kept, mean, atol=1e-6) and not torch.allclose(kept, seen[-1], atol=1e-4)


def test_reinforcement_learning_resumes_exactly(tokenizer, tmp_path):
    tasks = [a_task(w=w, budget=2) for w in (90e-6, 50e-6, 20e-6)]
    first, second = a_model(tokenizer), a_model(tokenizer)
    whole = a_trainer(first, tokenizer, RunFolder(tmp_path / "whole"))
    assert whole.train(tasks, tasks[:1], Clock())
    cut = RunFolder(tmp_path / "cut")
    assert not a_trainer(second, tokenizer, cut).train(tasks, tasks[:1], StopsAfter(1))
    third = a_model(tokenizer, seed=9)
    trainer = a_trainer(third, tokenizer, cut)
    assert trainer.train(tasks, tasks[:1], Clock()) and same_weights(first, third)
    assert same_weights(whole.average, trainer.average)
    assert trainer.progress.rollouts == 2 * RL.queries * 2 * RL.group  # steps x queries x turns x group
    log = read_log(cut.log_path("tl-grpo"))
    assert [entry["step"] for entry in log] == [0, 1]
    assert {"reward", "score", "best", "passed", "entropy", "response_tokens", "clip_share", "format_errors",
            "group_spread", "dropped", "sampling_seconds", "simulating_seconds", "updating_seconds",
            "validation_passed", "rollouts"} <= set(log[0])
    assert log[0]["ratio_error"] < 1e-4
    with cut.log_path("tl-grpo").open("a") as file:
        file.write('{"step": 2, "rew')
    assert read_log(cut.log_path("tl-grpo")) == log
    StepLog(cut.log_path("tl-grpo"), 1)
    assert read_log(cut.log_path("tl-grpo")) == log[:1]
    best = torch.load(cut.path / "tl-grpo-best.pt", weights_only=True)
    assert best["rollouts"] == best["step"] * 2 * RL.queries * RL.group
    assert 0 < best["seconds"] <= sum(entry["seconds"] for entry in log)
    assert draw_curves(cut.log_path("tl-grpo"), tmp_path / "rl.png")


def test_a_stage_of_no_steps_keeps_the_weights_it_began_with(tokenizer, tmp_path):
    model, other, run = a_model(tokenizer), a_model(tokenizer, seed=9), RunFolder(tmp_path)
    trainer = Trainer("tl-grpo", tl_grpo, model, None, replace(RL, steps=0), run, 0, **QUIET)
    assert trainer.train([], [], Clock())
    assert load_mean(run.checkpoint("tl-grpo"), other)["step"] == 0 and same_weights(model, other)


def test_a_turn_is_parsed_simulated_and_scored_by_ngspice(ota, simulator):
    """The golden design passes at the second turn, then <Design End> is due."""
    design = on_grid(ota, golden(ota)["parameters"])
    worse = on_grid(ota, {parameter.name: parameter.from_unit(0.5) for parameter in ota.parameters})
    task = Task(ota, ota.specs, ota.conditions.nominal, worse)

    def script(prompt: str, number: int) -> str:
        turn = prompt.count("<|turn|>")
        return write_reply(ota, "gain is low", None if turn > 2 else design if turn == 2 or number == 1 else worse)

    tokenizer = build_tokenizer([ota], ["gain is low"] * 3, "compact")
    rollouts = Rollouts(ScriptedSampler(tokenizer, script), dialogue(tokenizer), simulator)
    ((first, *_),), (history,) = play([task], rollouts, 2, generator(torch.device("cpu"), 0))
    assert [turn.measurement.status if turn.measurement else "end" for turn in history] == ["ok", "ok", "ok", "end"]
    assert history[2].score.passed and history[1].reward < 1 and history[0].reward == history[1].reward
    assert first.turns[1].score.passed and first.turns[1].proposal.parameters == pytest.approx(design)


def test_an_exported_checkpoint_loads_everywhere(tokenizer, tmp_path):
    model = a_model(tokenizer)
    card = {"algorithm": "tl-grpo", "circuits": ["TOY"], "temperature": 0.8, "hours": 0.5,
            "validation": {"passed": 0.9, "rollouts": None}}
    folder = export_model(model, tokenizer, tmp_path / "tl-grpo", card)
    loaded, its_tokenizer = load_model(folder)
    ids = torch.tensor([encode(its_tokenizer, demonstration(a_task())[0]["prompt"])])
    with torch.no_grad():
        assert torch.allclose(loaded(ids).logits, model(ids).logits, atol=0.05)
    assert its_tokenizer.to_str() == tokenizer.to_str()
    assert tomllib.loads((folder / "card.toml").read_text())["validation"] == {"passed": 0.9}
    generation = json.loads((folder / "generation_config.json").read_text())
    assert generation["eos_token_id"] == model.config.eos_token_id and generation["temperature"] == 0.8
    write_gguf(folder, tmp_path / "model.gguf")
    assert (tmp_path / "model.gguf").stat().st_size > 50_000


def test_the_mean_of_runs_is_a_checkpoint_with_a_card_of_both(tokenizer, tmp_path):
    card = {"algorithm": "tl-grpo", "base": "sft", "temperature": 0.5, "seed": 1, "circuits": ["OTA"], "steps": 3,
            "hours": 0.25, "turn_level_rollouts": 100, "command": "first"}
    first, second = a_model(tokenizer), a_model(tokenizer)
    with torch.no_grad():
        for weights in second.parameters():
            weights.add_(0.25)
    folders = [export_model(first, tokenizer, tmp_path / "a", card),
               export_model(second, tokenizer, tmp_path / "b", {**card, "seed": 2, "circuits": ["ADC1"],
                                                                "command": "second"})]
    assert merge([*map(str, folders), "--out", str(tmp_path / "mean")]) == 0
    mean, _ = load_model(tmp_path / "mean")
    for weights, start in zip(mean.parameters(), first.parameters(), strict=True):
        assert torch.allclose(weights, start + 0.125, atol=2e-3)
    found = tomllib.loads((tmp_path / "mean" / "card.toml").read_text())
    assert found["merged"] == ["first", "second"] and found["circuits"] == ["OTA", "ADC1"] and "seed" not in found
    assert (found["steps"], found["hours"], found["turn_level_rollouts"]) == (6, 0.5, 200)

    export_model(second, tokenizer, tmp_path / "b", {**card, "base": "none"})
    assert merge([*map(str, folders), "--out", str(tmp_path / "mean")]) == 2


def test_checkpoints_are_judged_on_queries_of_training(ota, tmp_path, capsys):
    pool = load_pool(ota, pool_path(ota))
    tasks = [replace(task, specs=ota.specs) for task in Synthesis(pool).draw(np.random.default_rng(0), 3)]
    save_queries(queries_path(tmp_path, "OTA"), tasks)
    shipped, given = str(ROOT / "models" / "tl-grpo"), ["--data", str(tmp_path), "--circuits", "OTA", "--queries", "2"]
    assert validate([shipped, shipped, *given]) == 0
    first, second = capsys.readouterr().out.splitlines()[2:]
    assert first == second and first.startswith(f"| {shipped} | 2 | ")
    assert float(first.split("|")[3].split()[0]) > 0.5  # an untrained one stays at 0
    start = Turn(0, Proposal(tasks[0].initial), None, None)
    assert wrong_form((start,)) == 0
    assert wrong_form((start, replace(start, proposal=Proposal(None, problems=("no call",))), start)) == 0.5
    assert wrong_form((start, replace(start, proposal=Proposal(None, finished=True)))) == 1  # too early

    assert validate([shipped, *given[:2], "--circuits", "MILLER"]) == 2
    assert "MILLER.jsonl.gz" in capsys.readouterr().err
    assert validate([shipped, *given[:2], "--circuits", "OPAMP1"]) == 2
    assert "OPAMP1 is held out" in capsys.readouterr().err


def test_a_run_is_not_mixed_with_another(tmp_path):
    run = RunFolder(tmp_path)
    for stage in ("sft", "tl-grpo"):
        run.open("tiny", ["OTA"], 0, 0, "compact-2")
        run.note(stage, command="make train")
    assert set(run.facts()["stages"]) == {"sft", "tl-grpo"}
    with pytest.raises(RunError, match="another circuits and seed"):
        run.open("tiny", ["MILLER"], 0, 1, "compact-2")
    with pytest.raises(RunError, match="another prompt"):
        run.open("tiny", ["OTA"], 0, 0, "compact")


def test_the_command_needs_few_libraries_and_says_what_is_missing(tmp_path):
    """A GPU machine need not have what only the app needs."""
    apps = ["gradio", "pandas", "sqlalchemy", "alembic", "pydantic", "plotly", "xllamacpp", "matplotlib",
            "gguf", "schemdraw", "bayes_opt", "cma"]
    code = (f"import sys\nfor name in {apps}: sys.modules[name] = None\n"
            "from sizing_app.train.command import main\nsys.exit(main(sys.argv[1:]))")
    result = subprocess.run([sys.executable, "-c", code, "sft", "--out", str(tmp_path / "run"), "--data", str(tmp_path),
                             "--device", "cpu"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 2 and "run the data stage first" in result.stderr, result.stderr


def test_reinforcement_learning_keeps_to_the_words_of_its_start(tmp_path, capsys):
    start = ROOT / "models" / "sft"
    other = next(name for name in VERSIONS if name != prompt_of(start))
    assert main(["tl-grpo", "--start", str(start), "--prompt", other, "--out", str(tmp_path / "run"), "--data",
                 str(tmp_path), "--circuits", "OTA", "--no-family", "--device", "cpu"]) == 2
    assert f"not {other}: the sft stage can teach it that" in capsys.readouterr().err


def test_a_start_without_a_card_is_told_before_a_run_is_cleared(tmp_path, capsys):
    trained = tmp_path / "run" / "tl-grpo.pt"
    trained.parent.mkdir()
    trained.write_text("hours of work")
    assert main(["sft", "--start", str(tmp_path), "--out", str(tmp_path / "run"), "--circuits", "OTA", "--no-family",
                 "--device", "cpu", "--resume", "no"]) == 2
    assert "has no card.toml" in capsys.readouterr().err and trained.exists()


def test_the_data_stage_writes_the_prompt_of_the_start(tmp_path):
    (tmp_path / "card.toml").write_text('prompt = "compact-2"\n')
    options = parse(["data", "--start", str(tmp_path), "--out", str(tmp_path / "run"), "--circuits", "OTA",
                     "--no-family", "--device", "cpu"])
    assert Stages(options, preset_of(options), "").preset.data.prompt == "compact-2"


def test_a_start_with_another_tokenizer_needs_another_folder(tmp_path, capsys):
    start, run = ROOT / "models" / "sft", tmp_path / "run"
    run.mkdir()
    save_tokenizer(build_tokenizer([a_circuit()], [], prompt_of(start)), run)
    given = ["tl-grpo", "--start", str(start), "--out", str(run), "--data", str(tmp_path), "--circuits", "OTA",
             "--no-family", "--device", "cpu"]
    assert main(given) == 2 and "has another tokenizer" in capsys.readouterr().err
    save_tokenizer(load_tokenizer(start), run)
    assert main(given) == 2 and "run the data stage first" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with lessons of OTA and a run of one supervised step; and the arguments for more stages of it."""
    folder = tmp_path_factory.mktemp("stages")
    circuit = load_training_circuit("OTA")
    teacher = Teacher(load_pool(circuit, pool_path(circuit)),
                      load_surrogate(surrogate_path(ROOT / "models", circuit), circuit))
    rng = np.random.default_rng(0)
    path = lessons_path(folder / "data", "OTA", LATEST)
    path.parent.mkdir(parents=True)
    write_lessons(imagine(Synthesis(teacher.pool).draw(rng, 4), teacher, rng), path, LATEST)
    given = ["--out", str(folder / "run"), "--data", str(folder / "data"), "--models", str(folder / "models"),
             "--circuits", "OTA", "--no-family", "--preset", "tiny", "--device", "cpu"]
    assert main(["sft", "--sft-steps", "1", *given]) == 0
    return folder, given


def test_a_stage_that_trains_nothing_leaves_what_is_known_of_it(trained):
    folder, given = trained
    before = RunFolder(folder / "run").facts()["stages"]
    assert list(before) == ["sft"] and "--sft-steps 1" in before["sft"]["command"]
    assert main(["sft", "--sft-steps", "1", *given, "--workers", "1"]) == 0  # is complete
    assert main(["tl-grpo", *given]) == 2  # has no queries
    assert RunFolder(folder / "run").facts()["stages"] == before


def test_a_card_says_what_its_checkpoint_cost_and_what_is_remarked(trained):
    folder, given = trained
    save_queries(queries_path(folder / "data", "OTA"), [])
    assert main(["tl-grpo", "--rl-steps", "3", "--rollouts", "3", "--time-limit", "0", *given]) == 75  # of no steps
    run = RunFolder(folder / "run")
    best, last = (run.checkpoint(name) for name in ("tl-grpo-best", "tl-grpo"))
    state = torch.load(last, map_location="cpu", weights_only=True)
    save = {"optimizers": [], "model": state["model"], "best": 0.5, "passed": 0.25, "simulations": 3.0, "truth": 1.0}
    torch.save({**state, "step": 9, "seconds": 7200.0, "rollouts": 900}, last)
    torch.save({**save, "step": 2, "seconds": 3600.0, "rollouts": 200}, best)
    assert main(["export", *given, "--remark", "the first one"]) == 0
    card = tomllib.loads((folder / "models" / "tl-grpo" / "card.toml").read_text())
    assert (card["steps"], card["hours"], card["turn_level_rollouts"]) == (2, 1.0, 200)
    assert card["remark"] == "the first one" and "steps" not in card["numbers"] and card["numbers"]["rollouts"] == 3
    card = tomllib.loads((folder / "models" / "sft" / "card.toml").read_text())
    assert card["numbers"]["steps"] == 1 and "turn_level_rollouts" not in card


def test_what_is_timed_beside_trl_is_what_the_checkpoint_reads_and_writes(ota):
    version = prompt_of(ROOT / "models" / "sft")
    (text,), words = prompts(ota, version, 1), wording(ota, version).circuit
    assert all(f" {parameter.name}=" in text for parameter in words.parameters)  # the ranges
    assert our_steps(ROOT / "models" / "sft", words, [text], 1)[1] > 0


def test_running_mean():
    assert running_mean(np.array([1.0, 2.0, 3.0, 4.0]), 1).tolist() == [1.5, 2.0, 3.0, 3.5]


def test_a_stage_that_goes_on_with_its_own_checkpoint_adds_up(tmp_path):
    (tmp_path / "card.toml").write_text(toml({"algorithm": "sft", "steps": 40, "hours": 0.5, "steps_before": 10,
                                              "hours_before": 0.25}))
    assert base_of("sft", tmp_path) == {"base": "sft", "steps_before": 50, "hours_before": 0.75}
    assert base_of("tl-grpo", tmp_path) == {"base": "sft"}
