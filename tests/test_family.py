"""The family of amplifiers: many distinct netlists in one vocabulary, none that is kept for evaluation, all sound."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.folder import load_circuits
from sizing_app.circuit.netlist import build_netlist
from sizing_app.pools.targets import DesignGrid, margins, metric_row
from sizing_app.pools.teacher import Teacher
from sizing_app.prompt.compact import render
from sizing_app.prompt.vocabulary import added_tokens
from sizing_app.simulator import SimulatorPool
from sizing_app.task.reward import score
from sizing_app.train.family.archive import family_pool, load_archive, load_family, reference
from sizing_app.train.family.members import member
from sizing_app.train.family.netlists import mirrored
from sizing_app.train.family.options import catalogue
from sizing_app.train.imagine import imagine, lessons
from sizing_app.train.prepare import FAMILY_NETWORKS, FAMILY_STEPS
from sizing_app.train.queries import Synthesis
from sizing_app.train.surrogate import fit_surrogate

WORDS = ("amplifier", "n-input", "p-input", "mirror-load", "telescopic", "folded-cascode", "one-stage", "two-stage",
         "miller", "miller-rz", "cascode-miller", "resistor-bias", "current-bias", "low-vt")
NAMES = ("w_in", "l_in", "w_load", "l_load", "w_tail", "l_n", "w_nsrc", "w_psrc", "l_p", "w_pcas", "w_ncas", "l_cas",
         "w_nmir", "w_pmir", "w_cs", "l_cs", "w_src2", "w_bn", "w_bp", "w_bcn", "w_bcp", "r_b", "i_b", "c_c", "r_z")
STRUCTURE = ("n-input", "p-input", "mirror-load", "telescopic", "folded-cascode", "one-stage", "two-stage")
"""The words of a topology that bias and compensation leave alone."""
PATIENCE = 120.0
"""Deadline (s) of an evaluation, on busy machines too."""
MEMBERS = {options.name: member(options) for options in catalogue()}
FEW = settings(max_examples=4, derandomize=True)


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(2, deadline=PATIENCE) as simulator:
        yield simulator


def sample(family: dict, seed: int, count: int) -> list:
    """Some members, each of another part of the family."""
    names = sorted(family)
    start = np.random.default_rng(seed).integers(len(names))
    return [family[names[(start + step * len(names) // count) % len(names)]] for step in range(count)]


# What the family is

def test_there_are_many_distinct_netlists_over_three_processes():
    texts = {tuple(sorted(re.sub(r"\b[np]mos\b", lambda found, circuit=circuit: circuit.devices[found[0]], line)
                          for line in circuit.netlist.splitlines() if line[0] != "*")) for circuit in MEMBERS.values()}
    assert len(texts) == len(MEMBERS) >= 200
    assert {circuit.process.split("_")[0].removesuffix("mcu") for circuit in MEMBERS.values()} == {
        "freepdk45", "gf180", "sky130"}


def test_all_speak_one_vocabulary_in_one_order():
    for circuit in MEMBERS.values():
        for found, known in ((circuit.topology, WORDS), ([item.name for item in circuit.parameters], NAMES)):
            places = [known.index(name) for name in found]
            assert places == sorted(set(places)), circuit.name


def test_no_two_members_look_alike_to_a_policy():
    assert len({(circuit.process, circuit.topology) for circuit in MEMBERS.values()}) == len(MEMBERS)


def test_what_is_held_out_is_no_member():
    """OPAMP1-4, by process and words; test_structure.py tells the other topologies apart by their netlists."""
    held_out = {(circuit.process, structure(circuit)) for circuit in load_circuits().values()
                if circuit.held_out and circuit.name.startswith("OPAMP")}
    assert len(held_out) == 4
    assert not held_out & {(circuit.process, structure(circuit)) for circuit in MEMBERS.values()}


def structure(circuit) -> frozenset[str]:
    return frozenset(circuit.topology).intersection(STRUCTURE)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_passes_the_checks_of_circuit_folders(name):
    circuit = MEMBERS[name]
    check_circuit(circuit, Path(name) / "circuit.toml")
    for fraction in (0.0, 1.0):  # the models reach to the ends of the ranges
        design = {item.name: item.from_unit(fraction) for item in circuit.parameters}
        for corner in circuit.conditions.corners:
            nominal = circuit.conditions.nominal
            build_netlist(circuit, design, type(nominal)(corner, 27.0, nominal.supply, nominal.load))


def test_a_mirrored_circuit_mirrored_again_is_the_circuit():
    text = MEMBERS["sky130-n-telescopic-miller-rz-resistor"].netlist
    assert mirrored(text) != text and mirrored(mirrored(text)) == text


# What is kept of it

@pytest.fixture(scope="module")
def family():
    return load_family()


def test_nearly_all_members_are_fit_for_training(family):
    archive = load_archive()
    assert len(family) >= 200
    assert set(family) | set(archive.left_out) == set(MEMBERS)
    assert all(entry["passed"] <= 0.01 for entry in archive.entries.values())


def test_tokens_of_the_family_can_be_told_apart(family):
    assert len(added_tokens(family.values(), "compact")) > len(NAMES)


@FEW
@given(seed=st.integers(0, 10_000))
def test_random_designs_simulate_and_hardly_any_meets_the_specs(pool, family, seed):
    rng, count = np.random.default_rng(seed), 6
    jobs = [(circuit, DesignGrid(circuit).design(design), circuit.conditions.nominal)
            for circuit in sample(family, seed, 5) for design in DesignGrid(circuit).random(rng, count)]
    found = pool.evaluate_many(jobs)
    assert all(measured.ok for measured in found)
    passed = [margins(circuit, circuit.specs, metric_row(circuit, measured)[None]).min() >= 0
              for (circuit, *_), measured in zip(jobs, found, strict=True)]
    assert sum(passed) <= 1


@FEW
@given(seed=st.integers(0, 10_000))
def test_the_reference_meets_the_specs(pool, family, seed):
    circuits = sample(family, seed, 5)
    found = pool.evaluate_many([(circuit, reference(circuit), circuit.conditions.nominal) for circuit in circuits])
    for circuit, measured in zip(circuits, found, strict=True):
        assert margins(circuit, circuit.specs, metric_row(circuit, measured)[None]).min() >= 0, circuit.name


def test_a_teacher_answers_queries_about_members(pool, family):
    """Five sixths of its first answers; on some members, two stages of 5 V devices, it is fewer."""
    assert sum(reward > 0.8 for reward in taught(pool, sample(family, 4, 1)[0], 4)) >= 10


def taught(pool, circuit, seed: int) -> list[float]:
    """Rewards of a teacher's first answers to twelve queries; its lessons are those of the member."""
    rng, designs = np.random.default_rng(seed), family_pool(circuit)
    tasks = Synthesis(designs).draw(rng, 12)
    teacher = Teacher(designs, fit_surrogate(designs, FAMILY_NETWORKS, FAMILY_STEPS))
    histories, conditions = [()] * len(tasks), [task.conditions for task in tasks]
    answers = teacher.answers(tasks, histories, conditions, rng)
    found = pool.evaluate_many([(circuit, answer.parameters, task.conditions)
                                for task, answer in zip(tasks, answers, strict=True)])
    prompts = [lesson["prompt"] for trajectory in imagine(tasks, teacher, rng) for lesson in lessons(trajectory)]
    begin = f"<|task|> {circuit.process}: {' '.join(circuit.topology)} "
    assert prompts and all(prompt.startswith(begin) for prompt in prompts)
    assert render(tasks[0], (), "compact").startswith(begin)
    return [score(measured, task.specs).reward for task, measured in zip(tasks, found, strict=True)]
