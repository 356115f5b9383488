"""A small chat checkpoint in the form of the transformers library."""

from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen3Config

from sizing_app.prompt.chat import messages
from sizing_app.prompt.tokenizer import QWEN2_PATTERN
from sizing_app.session.turn import initial_turn
from sizing_app.task.definition import Task

CHATML = ("{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"


def write_checkpoint(folder: Path, task: Task, simulator, kind: type = Qwen3Config) -> PreTrainedTokenizerFast:
    """A random network of some 100,000 parameters whose tokenizer knows the words of the task's prompt."""
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
    config = kind(
        vocab_size=len(fast), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=16, intermediate_size=128, max_position_embeddings=16384, tie_word_embeddings=True,
        eos_token_id=fast.eos_token_id, pad_token_id=fast.pad_token_id, bos_token_id=None)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return fast
