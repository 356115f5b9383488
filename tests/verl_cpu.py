"""What lets verl run without a GPU, in its tests alone: a writer in vLLM's place.

The writer's replies are the golden design with every value moved at random, so that ngspice finds good and bad ones;
now and then it writes no call. Its tokens are those of the checkpoint's tokenizer.
"""

import itertools
import json

import numpy as np
from verl.workers.rollout.llm_server import LLMServerClient
from verl.workers.rollout.replica import TokenOutput

from sizing_app.circuit.folder import golden, load_training_circuit
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, CALL_END, FUNCTION


class Writer:
    """Replies for one circuit."""

    def __init__(self, tokenizer, circuit: str, seed: int = 0):
        self.tokenizer, self.circuit = tokenizer, load_training_circuit(circuit)
        self.start = golden(self.circuit)["parameters"]
        self.rng, self.number = np.random.default_rng(seed), itertools.count()

    def reply(self) -> TokenOutput:
        text = f"{ANALYZE}The gain is too low.{ANALYZE_END}"
        if next(self.number) % 7 != 6:
            text += f"{CALL}{json.dumps({'name': FUNCTION, 'arguments': self._design()})}{CALL_END}"
        tokens = [*self.tokenizer.encode(text, add_special_tokens=False), self.tokenizer.eos_token_id]
        versions = {"global_steps": 0, "min_global_steps": 0, "max_global_steps": 0}
        return TokenOutput(token_ids=tokens, log_probs=[-1.0] * len(tokens), stop_reason="completed",
                           extra_fields=versions)

    def _design(self) -> dict[str, str]:
        moved = {}
        for parameter in self.circuit.parameters:
            place = parameter.to_unit(self.start[parameter.name]) + self.rng.normal(0.0, 0.02)
            moved[parameter.name] = parameter.spice(parameter.snap(parameter.from_unit(place)))
        return moved


class WriterClient(LLMServerClient):
    """verl's client without a server behind it."""

    def __init__(self, config, tokenizer, circuit: str):
        super().__init__(config)
        self.writer = Writer(tokenizer, circuit)

    async def generate(self, request_id, *, prompt_ids, sampling_params, **fields) -> TokenOutput:
        return self.writer.reply()
