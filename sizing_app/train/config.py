"""Every number of a training run, as named presets. ``tiny`` is for two CPU cores and what is shipped (2 M parameters),
``small`` is for a GPU (5 M); ``tiny-5m`` and ``tiny-10m`` are ``tiny`` with larger networks, to compare sizes."""

from dataclasses import dataclass, field, replace

from sizing_app.prompt.versions import LATEST
from sizing_app.task.advantage import ALL_SPECS_BONUS, FORMAT_PENALTY, LEAST_SPREAD, PLAY_TEMPERATURE, TEMPERATURE

CIRCUITS = "ACCIA,ADC1,ADC2,ADC3,ADC4,ADCL,MILLER,OTA,SimLDO"
"""What is trained on, besides the family: every circuit that is not held out."""


@dataclass(frozen=True)
class ModelSize:
    """Shape of a Qwen3 decoder; row lengths are multiples of 32, so that it can be quantized."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    context: int = 2048
    """Positions, in tokens."""


@dataclass(frozen=True)
class DataConfig:
    """How much is made for each circuit."""

    conditions: int = 27
    """Conditions of a circuit that its pool has designs at."""
    simulations: int = 800
    """Designs that the pool has at each of them."""
    trajectories: int = 40_000
    """For supervised training (imagine.py)."""
    queries: int = 6_000
    """For reinforcement learning."""
    family_trajectories: int = 240
    family_queries: int = 40
    """The same for each member of the family."""
    hidden_share: float = 0.5
    """Share of trajectories and queries that are told a wrong corner, temperature, supply and load."""
    moved_share: float = 0.25
    """Share of the trajectories in ranges of their own."""
    moved_queries: float = 0.2
    """The same of the queries. Most designs for them earn nothing, and rewards that are all 0 teach nothing of
    designs."""
    prompt: str = LATEST
    """Version of the prompts of the trajectories, and so of the checkpoint."""


@dataclass(frozen=True)
class SFTConfig:
    """Supervised training on the teacher's trajectories."""

    steps: int = 2500
    batch: int = 96
    """Trajectories a step."""
    learning_rate: float = 2e-3
    """Of Muon (matrices) and AdamW (the rest) alike."""
    warmup: int = 100
    validation: int = 256
    """Trajectories held out."""
    validate_every: int = 250
    sampling_temperature: float = PLAY_TEMPERATURE
    """At which the checkpoint is sampled afterwards."""


@dataclass(frozen=True)
class RLConfig:
    """Reinforcement learning (paper, section 5.1.4 and appendix C, unless noted)."""

    steps: int = 300
    rollouts: int | None = None
    """Turn-level rollouts after which training ends, so that algorithms can be compared at equal cost."""
    queries: int = 32
    """Queries a step: the paper's batch size."""
    group: int = 8
    """Samples from one history: G."""
    updates: int = 2
    """Gradient steps a batch; every group is in one of them."""
    learning_rate: float = 3e-4
    """Found for models of this size; the paper trains 30 B parameters."""
    warmup: int = 5
    averaging: int = 3
    """How much the mean of the weights leans to the latest steps; 0 is the plain mean (ours; see Trainer)."""
    clip_low: float = 0.2
    clip_high: float = 0.28
    temperature: float = TEMPERATURE
    reply_tokens: int = 192
    """A reply that is longer is cut, and has then no valid action."""
    format_penalty: float = FORMAT_PENALTY
    credit_truth: bool = True
    """Credit the tokens of an analysis with the share of its claims that are true (prompt/claims.py), and only the
    action with the design's reward. Not in the paper: credited with the design, the words of a small model decay."""
    truth_in_action: float = 0.25
    """With ``credit_truth``, how much of the analysis' advantage the action gets too: whether it is true depends on
    both, and without this the design drifts away from what was announced."""
    all_specs_bonus: float = ALL_SPECS_BONUS
    discount: float = 0.9
    """Of later turns' rewards, in GTPO alone."""
    latest_only: bool = False
    """Show the latest turn instead of the whole history (an ablation)."""
    min_spread: float = LEAST_SPREAD
    divide_by: str = "std"
    """What a reward's distance from the mean of its group is divided by (task/advantage.py; others are ablations)."""
    validation: int = 128
    """Queries held out."""
    validate_every: int = 20
    sampling_temperature: float = PLAY_TEMPERATURE
    """At which they are sampled, and the checkpoint afterwards."""


@dataclass(frozen=True)
class Preset:
    size: ModelSize
    data: DataConfig = field(default_factory=DataConfig)
    sft: SFTConfig = field(default_factory=SFTConfig)
    rl: RLConfig = field(default_factory=RLConfig)


TINY = Preset(ModelSize(hidden=192, layers=4, heads=6, kv_heads=3, head_dim=32, intermediate=512),
              DataConfig(simulations=400, trajectories=5_000, queries=1_000, family_trajectories=120,
                         family_queries=20),
              SFTConfig(steps=10_000, batch=16, warmup=40, validation=64, validate_every=100),
              RLConfig(steps=60, queries=16, validation=64))
SMALL = Preset(ModelSize(hidden=256, layers=6, heads=8, kv_heads=4, head_dim=32, intermediate=768))
PRESETS = {"small": SMALL, "tiny": TINY, "tiny-5m": replace(TINY, size=SMALL.size),
           "tiny-10m": replace(TINY, size=ModelSize(hidden=320, layers=8, heads=10, kv_heads=5, head_dim=32,
                                                    intermediate=960))}
