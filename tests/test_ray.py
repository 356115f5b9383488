"""Simulations on a Ray cluster of two nodes on this machine: the local pool's results, whatever dies."""

import os
import signal
import threading

import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-ray.txt")

from ray.cluster_utils import Cluster  # noqa: E402

from sizing_app.circuit.folder import load_circuit  # noqa: E402
from sizing_app.policy.designs import random_design  # noqa: E402
from sizing_app.simulator import SimulatorPool, ray_pool  # noqa: E402
from sizing_app.simulator.ray_pool import RayPool, Seat  # noqa: E402
from sizing_app.task.protocols import Job  # noqa: E402

pytestmark = pytest.mark.slow
OTA, MILLER = load_circuit("OTA"), load_circuit("MILLER")


def jobs(count: int) -> list[tuple]:
    """Random designs of two circuits, one after the other."""
    return [(circuit, random_design(circuit, seed), circuit.conditions.nominal)
            for seed in range(count // 2) for circuit in (OTA, MILLER)]


@pytest.fixture(scope="module")
def expected():
    with SimulatorPool(deadline=120.0) as pool:
        return [item.metrics for item in pool.evaluate_many(jobs(500))]


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_worker_niceness", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


def pool_of(cluster) -> RayPool:
    ray.init(address=cluster.address, log_to_driver=False)
    return RayPool(seats=2, deadline=120.0)


def test_results_are_those_of_the_local_pool_bit_for_bit(cluster, expected):
    with pool_of(cluster) as pool:
        assert [item.metrics for item in pool.evaluate_many(jobs(60))] == expected[:60]
        design, nominal = random_design(OTA, 0), OTA.conditions.nominal
        assert pool.operating_point(OTA, design, nominal).devices
        assert pool.evaluate(OTA, {**design, "w_in": 1.0}, nominal).status == "refused"


def test_a_seat_takes_nothing_before_it_has_a_core(cluster, expected, monkeypatch):
    ray.init(address=cluster.address, log_to_driver=False)
    others = [Seat.remote(120.0, False)]
    ray.get(others[0].ping.remote())
    with RayPool(deadline=120.0) as pool:
        assert pool.seats == 2
        assert [item.metrics for item in pool.evaluate_many(jobs(20))] == expected[:20]
    others.append(Seat.remote(120.0, False))
    ray.get(others[1].ping.remote())
    monkeypatch.setattr(ray_pool, "FIRST", 3.0)
    with pytest.raises(RuntimeError, match="all cores of the cluster are taken"):
        RayPool(deadline=120.0)


def test_nothing_is_lost_when_a_seat_is_killed(cluster, expected):
    with pool_of(cluster) as pool:
        answers = pool.submit([Job(*item) for item in jobs(500)])
        pids = ray.get([seat.ping.remote() for seat in pool._seats])
        answers[100].result()
        os.kill(pids[0], signal.SIGKILL)
        assert [answer.result().metrics for answer in answers] == expected


def test_nothing_is_lost_when_a_node_dies(cluster, expected):
    with pool_of(cluster) as pool:
        answers = pool.submit([Job(*item) for item in jobs(500)])
        answers[100].result()
        threading.Thread(target=cluster.remove_node, args=(next(iter(cluster.worker_nodes)),),
                         kwargs={"allow_graceful": False}).start()
        assert [answer.result().metrics for answer in answers] == expected
