"""The other algorithms, beside TL-GRPO (step.py). All share rollout, objective and trainer, and differ in what is
compared.

Each is a function ``(tasks, rollouts, config, generator) -> Collected`` that costs T x G turn-level rollouts a query,
T being the query's budget of turns and G ``config.group``. Advantages are normalized where turns or trajectories are
compared: (r - mean) / std. Ours, and the same in all four: a bonus for designs that meet every spec and what
<Design End> earns (task/advantage.py), the analysis credited with its truth instead (RLConfig.credit_truth),
comparisons without spread dropped (as DAPO does), sampling without top-p (sampler.py).
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from sizing_app.policy.designs import random_design
from sizing_app.task.definition import Task
from sizing_app.task.reward import reached
from sizing_app.train.config import RLConfig
from sizing_app.train.rollout import Rollouts, play
from sizing_app.train.step import Collect, Collected, Sampled, collected, compare, credit, tl_grpo


def trajectory_grpo(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig,
                    generator: torch.Generator) -> Collected:
    """Trajectory-level GRPO (paper, eq. 7 and 8): G whole trajectories a query, each worth its best turn (eq. 5).

    A[g] = normalized over g of max over t of r[t, g], for all turns of trajectory g.
    """
    rows, trajectories = _whole_trajectories(tasks, rollouts, config, generator)
    spreads = [compare(group, [_best(row) for row in group], config) for group in _by_query(rows, config)]
    return collected(rows, spreads, trajectories, rollouts, config.group)


def single_turn_grpo(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig,
                     generator: torch.Generator) -> Collected:
    """Single-turn GRPO (paper, section 5.1.4): G turns from T random initial designs a query, without any history."""
    starts = [replace(task, budget=1, initial=random_design(task.circuit, task.seed, number))
              for task in tasks for number in range(task.budget)]
    return tl_grpo(starts, rollouts, config, generator)


def gtpo(tasks: Sequence[Task], rollouts: Rollouts, config: RLConfig, generator: torch.Generator) -> Collected:
    """Group turn policy optimization: a reward for every turn, discounted returns as advantages.

    R[t, g] = sum over t <= k <= T of discount^(k - t) r[k, g], normalized over the trajectories g that reach turn t. A
    trajectory that ended after success is in an absorbing state: its remaining turns, up to the budget T, go on to earn
    what success does. Without that, near misses in all turns would earn more than success, which ends the session. The
    method's third part, rewards shaped by the likeness of program text, has no counterpart where rewards are graded
    numbers, and is left out.
    """
    rows, trajectories = _whole_trajectories(tasks, rollouts, config, generator)
    spreads = []
    for group in _by_query(rows, config):
        returns = {id(row): _returns(_with_absorbing(row, config), config.discount) for row in group}
        for place in range(max(map(len, group))):
            reaching = [row for row in group if len(row) > place]
            spreads.append(compare([[row[place]] for row in reaching],
                                   [returns[id(row)][place] for row in reaching], config))
    return collected(rows, spreads, trajectories, rollouts, config.group)


SINGLE_TURN = "single-turn-grpo"
"""The one whose policy is shown the latest turn alone, in validation and evaluation too (ST-iter)."""
ALGORITHMS: dict[str, Collect] = {"tl-grpo": tl_grpo, "trajectory-grpo": trajectory_grpo,
                                  SINGLE_TURN: single_turn_grpo, "gtpo": gtpo}


def _whole_trajectories(tasks, rollouts, config, generator) -> tuple[list[list[Sampled]], list]:
    """G trajectories a query, a row of sampled turns each; those of a query follow each other."""
    copies = [task for task in tasks for _ in range(config.group)]
    played, trajectories = play(copies, rollouts, 1, generator)
    return [[credit(group, config)[0] for group in groups] for groups in played], trajectories


def _by_query(rows: list[list[Sampled]], config: RLConfig) -> list[list[list[Sampled]]]:
    return [rows[start:start + config.group] for start in range(0, len(rows), config.group)]


def _best(row: Sequence[Sampled]) -> float:
    """What a trajectory earned: its best turn, less one penalty if the form of any turn is wrong."""
    return max(turn.reward + turn.penalty for turn in row) - max(turn.penalty for turn in row)


def _with_absorbing(row: Sequence[Sampled], config: RLConfig) -> list[float]:
    """The rewards of a trajectory's turns, then those of the turns that it had no need of."""
    last = row[-1]
    spared = last.group.task.budget - len(row) if last.turn.proposal.finished and reached(last.group.history) else 0
    return [turn.reward for turn in row] + [1.0 + config.all_specs_bonus] * spared


def _returns(rewards: Sequence[float], discount: float) -> list[float]:
    """Discounted sums from each turn on."""
    sums, later = [], 0.0
    for reward in reversed(rewards):
        later = reward + discount * later
        sums.append(later)
    return sums[::-1]
