"""The benchmark: rules of its queries, how they are drawn, the limits they keep, and whether a policy reacts."""

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import SPLITS, file_of, load_circuit, load_circuits, suite_names
from sizing_app.evaluate.bench import Bench
from sizing_app.evaluate.check_file import read_difficulties
from sizing_app.evaluate.archive import Archive, spread
from sizing_app.evaluate.draw import PLACES
from sizing_app.evaluate.gates import CONSTANT_LIMIT, Gates, gates
from sizing_app.evaluate.climb import climb
from sizing_app.evaluate.queries import main, make_queries
from sizing_app.evaluate.react import react, table
from sizing_app.evaluate.suites import load_queries
from sizing_app.policy.constants import Middle
from sizing_app.policy.designs import design
from sizing_app.pools.designs import load_pool, pool_path
from sizing_app.pools.query_rules import (SINGLE_LIMIT, SLACK, attractor, misled, reranged, size_floors,
                                          witnessed)
from sizing_app.pools.targets import DesignGrid, margins
from sizing_app.task.limits import narrowed
from sizing_app.task.reward import score
from sizing_app.train.queries import FIRST_SEED
from tests.builders import GOOD, CountingSimulator, QuadraticSimulator, a_circuit, settled

CIRCUITS = load_circuits()
every_circuit = pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=lambda circuit: circuit.name)


def some_row(circuit: Circuit, rng: np.random.Generator) -> np.ndarray:
    """Metrics around the default bounds."""
    bounds = {spec.metric: spec.high if spec.low is None else spec.low for spec in circuit.specs}
    return np.array([bounds.get(metric.name, 1.0) * rng.uniform(0.6, 1.6) for metric in circuit.metrics])


def harder(first: Spec, second: Spec) -> bool:
    """Whether nothing meets the first one that fails the second one."""
    return ((second.low is None or first.low >= second.low) and (second.high is None or first.high <= second.high))


@every_circuit
def test_two_drivers_are_pulled_and_the_others_eased(circuit):
    for seed in range(20):
        specs, drivers = attractor(circuit, np.random.default_rng(seed))
        assert len(drivers) == 2
        for default, spec in zip(circuit.specs, specs, strict=True):
            if spec.kind == "range":
                assert spec == default
            else:
                assert harder(spec, default) if spec.metric in drivers else harder(default, spec)


@every_circuit
def test_a_witness_meets_its_targets_and_is_asked_for_no_luck(circuit):
    rng = np.random.default_rng(0)
    for _ in range(20):
        row = some_row(circuit, rng)
        tight, standard = (witnessed(circuit, row, SLACK[suite], rng) for suite in ("tight", "standard"))
        if tight is None:  # a count that is not the only good one
            continue
        assert margins(circuit, tight, row).min() >= 0 and margins(circuit, standard, row).min() >= 0
        assert all(map(harder, tight, standard))
        lucky = witnessed(circuit, row * 1e-6, SLACK["tight"], rng) or ()
        for default, spec in zip(circuit.specs, lucky, strict=False):
            if default.kind == "upper" and default.high > 0 and default.scale is None:
                assert spec.high >= default.high / 3.05


@pytest.mark.parametrize("name", ["OTA", "MILLER"])
def test_impossible_targets_are_those_of_a_query_with_both_drivers_far_beyond_its_witness(name):
    """Beyond all stored designs of the place, too."""
    circuit = load_circuit(name)
    pool, queries = load_pool(circuit, pool_path(circuit)), load_queries(circuit, "standard")[:20]
    for query in queries:
        pushed = query.impossible(circuit)
        changed = {old.metric for old, new in zip(query.specs, pushed.specs, strict=True) if old != new}
        assert changed == set(query.drivers) and len(changed) == 2
        assert replace(pushed, specs=query.specs) == query
        rows = pool.rows(pool.index_of(query.conditions))
        assert margins(circuit, pushed.specs, pool.metrics[rows]).min(axis=1).max() < 0


@every_circuit
def test_told_conditions_are_wrong_in_all_four(circuit):
    rng = np.random.default_rng(0)
    for conditions in circuit.conditions.all():
        told = misled(circuit, conditions, rng)
        assert all(getattr(told, name) != value for name, value in conditions.document().items())
        if "amplifier" in circuit.topology:
            assert abs(math.log(told.load / conditions.load, 4)) == pytest.approx(1)


@pytest.mark.parametrize("name", ["OPAMP1", "OPAMP3"])
def test_ranges_drawn_anew_hold_the_witness_anywhere(name):
    circuit, rng = CIRCUITS[name], np.random.default_rng(0)
    grid, floors = DesignGrid(circuit), size_floors(CIRCUITS.values(), circuit.process)
    places = []
    for _ in range(40):
        witness = grid.design(grid.random(rng, 1)[0])
        own = narrowed(circuit, reranged(circuit, [witness], (1.0, 2.0), floors, rng))
        for before, parameter in zip(circuit.parameters, own.parameters, strict=True):
            assert parameter.contains(witness[parameter.name])
            if parameter.scale == "log":
                assert 0.99 <= math.log(parameter.high / parameter.low) / math.log(before.high / before.low) <= 2.05
            if parameter.name.startswith(("w_", "l_")):
                assert parameter.low >= floors[parameter.name[0]] * 0.995
            elif parameter.scale == "log":
                places.append(parameter.to_unit(witness[parameter.name]))
    assert np.percentile(places, 15) < 0.3 and np.percentile(places, 85) > 0.7


def test_places_hold_every_corner_temperature_supply_and_load():
    space = load_circuit("OTA").conditions
    chosen = spread(space.all(), PLACES, np.random.default_rng(0))
    assert chosen[0] == space.nominal and len(set(chosen)) == PLACES
    for name, values in (("corner", space.corners), ("temperature", space.temperatures), ("supply", space.supplies),
                         ("load", space.loads)):
        assert {getattr(conditions, name) for conditions in chosen} == set(values)


def test_a_climb_reaches_what_chance_does_not(tmp_path):
    """gain >= 59 dB needs w from 2.93u to 17u, power <= 60 nW w times m up to 6u: one design in a hundred."""
    toy, bench = settled(tmp_path), Bench(QuadraticSimulator())
    specs, weights = (Spec("gain", low=59.0, scale=20.0), Spec("power", high=6e-8)), np.ones(2)
    for seed in range(3):
        rng, grid = np.random.default_rng(seed), DesignGrid(toy)
        designs = grid.random(rng, 32)
        metrics = bench.rows(toy, designs, toy.conditions.nominal)
        missed = margins(toy, specs, metrics).min(axis=1) < 0
        archive = Archive(toy, toy.conditions.nominal, designs[missed], metrics[missed])
        climb(archive, lambda rows: bench.rows(toy, rows, toy.conditions.nominal), specs, weights, rng, 20)
        assert len(archive) == missed.sum() + 24
        found = grid.design(archive.fittest(specs, weights))
        assert found["w"] >= 2.93e-6 and found["w"] * found["m"] <= 6.0001e-6


def test_held_out_circuits_have_test_queries_alone(monkeypatch, tmp_path):
    asked = {}
    monkeypatch.setattr("sizing_app.evaluate.queries.make_queries",
                        lambda circuit, bench, counts, *_: asked.update({circuit.name: counts}))
    assert main(["--circuits", "OTA,NMC", "--test", "2", "--validation", "1", "--out", str(tmp_path)]) == 0
    assert asked == {"OTA": {"validation": 1, "test": 2}, "NMC": {"test": 2}}


@pytest.fixture
def toy(tmp_path) -> Circuit:
    """The toy circuit with a golden design."""
    (tmp_path / "TOY").mkdir()
    metrics = QuadraticSimulator().evaluate(None, GOOD, None).metrics
    (tmp_path / "TOY" / "golden.json").write_text(json.dumps({"parameters": GOOD, "metrics": metrics}))
    return settled(tmp_path / "TOY", replace(a_circuit(), held_out=True))


def make(circuit: Circuit, folder: Path, counts: dict[str, int], simulator=None, report=lambda text: None) -> Path:
    bench = Bench(simulator or CountingSimulator())
    make_queries(circuit, bench, counts, folder / "climbs", folder / "queries", 16, report)
    return folder / "queries"


def test_a_run_that_was_cut_goes_on_and_finds_the_same(toy, tmp_path):
    def cut(text: str) -> None:
        if "3 of 4" in text:
            raise KeyboardInterrupt

    counts = {"test": 4, "validation": 2}
    whole = make(toy, tmp_path / "whole", counts)
    with pytest.raises(KeyboardInterrupt):
        make(toy, tmp_path / "cut", counts, report=cut)
    assert not (tmp_path / "cut" / "queries").exists()
    again, heard = CountingSimulator(), []
    make(toy, tmp_path / "cut", counts, again, heard.append)
    files = sorted(path.relative_to(whole) for path in whole.rglob("*.json"))
    assert [str(path) for path in files] == [f"{split}/{suite}.json" for split in ("test", "validation")
                                             for suite in ("moved-wide", "moved", "shifted", "standard", "tight")]
    for path in files:
        assert (whole / path).read_text() == (tmp_path / "cut" / "queries" / path).read_text()
    assert [text[:18] for text in heard] == ["TOY test: 4 of 4 q", "TOY validation: 1 ", "TOY validation: 2 "]
    done = again.count
    make(toy, tmp_path / "cut", counts, again)
    assert again.count == done


def test_one_climb_serves_all_suites(toy, tmp_path):
    make(toy, tmp_path, {"test": 3, "validation": 1})
    shutil.copy(file_of(toy, "golden.json"), tmp_path)
    here = settled(tmp_path, toy)
    suites = {suite: load_queries(here, suite, "test") for suite in suite_names(here, "test")}
    for number, query in enumerate(suites["standard"]):
        same = [suites[suite][number] for suite in suites]
        assert {(each.conditions, each.seed, str(each.witness), each.drivers) for each in same} == {
            (query.conditions, 10_000 + number, str(query.witness), query.drivers)}
        assert {each.specs for each in same} == {query.specs, suites["tight"][number].specs}
        assert suites["shifted"][number].stated not in (None, query.conditions)
        assert set(suites["moved"][number].ranges) == {"w"} and not query.ranges
    kept = load_pool(toy, tmp_path / "climbs" / "TOY" / "test" / "0000.npz")
    assert len(kept) >= 48 and kept.conditions[kept.places[0]] == suites["standard"][0].conditions


def test_queries_of_a_real_circuit_are_reached_and_met_by_no_constant(simulator, tmp_path):
    circuit = load_circuit("OTA")
    make(circuit, tmp_path, {"test": 2, "validation": 0}, simulator)
    for suite in ("tight", "standard", "shifted"):
        document = json.loads((tmp_path / "queries" / "test" / f"{suite}.json").read_text())
        assert (document["version"], document["seed"], document["split"]) == (2, 10_000, "test")
        for query in document["queries"]:
            measured = simulator.evaluate(circuit, query["witness"], Conditions(**query["conditions"]))
            assert score(measured, tuple(Spec(**spec) for spec in query["specs"])).passed
    for name in ("golden.json", "pool.npz"):
        shutil.copy(file_of(circuit, name), tmp_path)
    here = settled(tmp_path, circuit)
    with ThreadPoolExecutor(1) as threads:
        found = gates(here, "standard", Bench(simulator), threads)
    assert found.witnesses == 1 and found.constants == {"golden": 0, "centre": 0, "middle": 0}
    assert found.queries == 2 and 0 < found.nearest < 0.5
    assert found.problems == ["standard: one design a place meets 100%, more than 25%"]  # one query at each place


def test_a_missed_witness_is_not_said_to_be_none():
    found = Gates("standard", 300, 299 / 300, {"golden": 1.0}, 299 / 300, None, None)
    assert found.problems == ["standard: golden meets 100%, more than 5%",
                              "standard: one design a place meets 99%, more than 25%",
                              "standard: only 99% of the witnesses meet their query"]


def test_stored_figures_keep_the_limits():
    for row in read_difficulties():
        for found in row.gates:
            assert not found.problems, row.circuit
            assert max(found.constants.values()) <= CONSTANT_LIMIT and found.single <= SINGLE_LIMIT


def test_shipped_suites_have_their_size_and_share_no_seed_with_training():
    shipped = [(circuit, name, split) for circuit in CIRCUITS.values() for split in SPLITS
               for name in suite_names(circuit, split)]
    assert shipped
    for circuit, suite, split in shipped:
        queries = load_queries(circuit, suite, split)
        assert len(queries) == {"test": 100, "validation": 50}[split]
        assert all(query.seed < FIRST_SEED and query.witness != query.initial for query in queries)
        assert {bool(query.ranges) for query in queries} == {suite.startswith("moved")}
        assert {query.stated is not None for query in queries} == {suite == "shifted"}


def test_some_shipped_witnesses_meet_their_queries(simulator):
    """One of each circuit, from one of its suites in turn, which share them; `circuits --check` simulates all."""
    rng = np.random.default_rng(8)
    for place, circuit in enumerate(circuit for circuit in CIRCUITS.values() if suite_names(circuit, "test")):
        suites = suite_names(circuit, "test")
        queries = load_queries(circuit, suites[place % len(suites)], "test")
        query = queries[rng.integers(len(queries))]
        measured = simulator.evaluate(query.task(circuit, 0).circuit, query.witness, query.conditions)
        assert score(measured, query.specs).passed, (circuit.name, suites[place % len(suites)], query.seed)


@dataclass
class Reader:
    """As much power as the target allows."""

    name: str = "reader"

    def propose(self, task, history, stop):
        power = next(spec.high for spec in task.specs if spec.metric == "power")
        yield design({"w": power / 1e-2 / 10, "m": 10.0 if task.conditions.corner == "tt" else 9.0}, "")


def test_a_policy_that_reads_its_targets_reacts(tmp_path):
    toy = settled(tmp_path, a_circuit())
    queries = [{"conditions": asdict(toy.conditions.nominal), "initial": {"w": 9e-5, "m": 10}, "seed": seed,
                "witness": GOOD, "specs": [{"metric": "gain", "low": 50.0 + seed, "scale": 20.0},
                                           {"metric": "power", "high": 1e-6 * 1.1 ** seed}]} for seed in range(8)]
    (tmp_path / "queries" / "validation").mkdir(parents=True)
    (tmp_path / "queries" / "validation" / "standard.json").write_text(
        json.dumps({"version": 2, "circuit": "TOY", "suite": "standard", "queries": queries}))
    simulator = CountingSimulator()
    reader = react(toy, Reader(), simulator, "validation")
    assert simulator.count == 1 + reader.designs + reader.told_designs - 1  # one is the answer to both questions
    constant = react(toy, Middle(), simulator, "validation")
    assert reader.slopes["power"] == pytest.approx(1)
    assert constant.slopes == pytest.approx({"gain": 0, "power": 0}, abs=1e-9)
    assert (constant.designs, constant.told_designs, round(constant.spread, 9)) == (1, 1, 0)
    assert (reader.designs, reader.sets, reader.told, reader.told_designs) == (8, 8, 16, 2)
    assert (reader.met, constant.met) == (7 / 8, 1)
    lines = table([reader, constant]).splitlines()
    assert lines[2].startswith("| | first designs for 8 sets of targets | spread | met | slope gain | slope power |")
    assert lines[4].startswith("| reader | 8 | ") and lines[5].startswith("| middle | 1 | 0.000 | ")
