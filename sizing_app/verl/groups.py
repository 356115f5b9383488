"""How replies are grouped: the one place where verl is told that a turn, not a query, is what GRPO compares within.

verl compares the outputs that share a ``uid``, and of a session with several outputs it counts the reward of the last
alone. So each reply is stored as a session of its own under the uid ``QUERY_TURN``. verl's replay buffer reads what
stands before the first ``_`` as the query, and still waits for, takes and clears queries as wholes.
"""

import ray
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.trainer.ppo.v1 import AgentLoopManagerTQ, AgentLoopWorkerTQ


@ray.remote
class TurnGroupWorker(AgentLoopWorkerTQ.__ray_actor_class__):
    """Runs agent loops; what they return is stored by turn.

    Decorated as its base is, since Ray then ships both classes as one piece.
    """

    async def _agent_loop_postprocess(self, output: AgentLoopOutput | list[AgentLoopOutput], validate: bool,
                                      **row) -> None:
        if validate:
            await super()._agent_loop_postprocess(output, validate, **row)
            return
        for reply in output:
            turn, number = reply.extra_fields["turn"], reply.extra_fields["number"]
            await super()._agent_loop_postprocess(
                reply, validate, **{**row, "uid": f"{row['uid']}_{turn}", "session_id": number})


class TurnGroupManager(AgentLoopManagerTQ):
    """verl's manager over these workers: ``actor_rollout_ref.rollout.agent.agent_loop_manager_class``."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.agent_loop_workers_class = TurnGroupWorker
