"""What lets verl run without a GPU, in its tests alone: a small chat checkpoint, and a writer in vLLM's place.

The writer's replies are the golden design with every value moved at random, so that ngspice finds good and bad ones;
now and then it writes no call. Its tokens are those of the checkpoint's tokenizer.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from verl.workers.rollout.llm_server import LLMServerClient
from verl.workers.rollout.replica import TokenOutput

from sizing_app.circuit.folder import golden, load_training_circuit
from sizing_app.prompt.chat import messages
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, CALL_END, FUNCTION
from sizing_app.prompt.tokenizer import QWEN2_PATTERN
from sizing_app.session.turn import initial_turn
from sizing_app.task.definition import Task

CHATML = ("{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def write_checkpoint(folder: Path, task: Task, simulator) -> PreTrainedTokenizerFast:
    """A random Qwen3 of some 100,000 parameters whose tokenizer knows the words of the task's prompt."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2_PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    texts = [message["content"] for message in messages(task, (initial_turn(task, simulator),))]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=900, show_progress=False, special_tokens=[PAD, START, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, chat_template=CHATML)
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(fast), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, intermediate_size=128, max_position_embeddings=16384, tie_word_embeddings=True,
        eos_token_id=fast.eos_token_id, pad_token_id=fast.pad_token_id, bos_token_id=None)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return fast


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
