"""The whole way at toy size, in the prompt that new runs begin with: trajectories of a real pool, supervised steps, an
exported checkpoint that sizes with ngspice, reinforcement learning from it."""

import shutil
import threading
from pathlib import Path

import pytest

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.suites import load_queries
from sizing_app.paths import shipped
from sizing_app.policy import PolicySettings, can_size, close_engines, make_policy
from sizing_app.policy.card import prompt_of
from sizing_app.prompt.versions import LATEST
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.task.turn import GivenPlan
from sizing_app.train.command import main
from sizing_app.train.run_folder import read_log
from tests.test_spice_corpus import cell_of, circuit_of


@pytest.mark.slow
def test_from_a_pool_to_a_checkpoint_that_sizes_and_learns_on(tmp_path: Path):
    models, run = tmp_path / "models", tmp_path / "run"
    for file in ("mlp/OTA.npz", "surrogate/OTA.npz"):
        (models / file).parent.mkdir(parents=True)
        shutil.copy(shipped("models") / file, models / file)
    words = ["--circuits", "OTA", "--no-family", "--preset", "tiny", "--device", "cpu", "--workers", "1", "--out", run,
             "--data", tmp_path / "data", "--models", models]
    for stage, numbers in (("data", ["--trajectories", 60]), ("sft", ["--sft-steps", 3, "--validation", 8]),
                           ("tl-grpo", ["--rl-steps", 2, "--batch", 1, "--group", 2, "--validation", 0]),
                           ("export", [])):
        assert main([stage, *map(str, [*numbers, *words])]) == 0, stage
    assert len(read_log(run / "tl-grpo.jsonl")) == 2

    circuit, settings = load_circuit("OTA"), PolicySettings(models=models)
    imported = circuit_of(cell_of("sky130_miller.spice"), "sky130_miller")
    task = load_queries(circuit, "standard")[0].task(circuit, 1)
    try:
        with SimulatorPool(1) as simulator:
            for name in ("sft", "tl-grpo"):
                assert prompt_of(models / name) == LATEST and can_size(name, imported, settings)
                events = run_session(task, make_policy(name, settings), simulator, threading.Event(),
                                     plan=GivenPlan("I raise w_ncas."))
                turn = fold(events).history[1]
                assert turn.proposal.text.startswith("<Analyze>I raise w_ncas.</Analyze>"), turn.proposal.problems
                assert turn.proposal.finished or turn.measurement.status != "no_call"
    finally:
        close_engines()
