"""Training curves as pictures: reward, entropy, response length (paper, figure 3), truth of the analyses, specs met."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sizing_app.train.run_folder import read_log

RL_PANELS = (("reward", "Training reward"), ("entropy", "Entropy (nats a token)"),
             ("response_tokens", "Response length (tokens)"), ("truth", "Share of claims that are true"),
             ("passed", "Share of queries with all specs met"))
SFT_PANELS = (("loss", "Loss (nats a token)"), ("validation_loss", "Validation loss (nats a token)"))


def draw_curves(log: Path, picture: Path) -> bool:
    """Draw the log of a stage; False where there is nothing to draw or no matplotlib."""
    entries = read_log(log)
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    if not entries:
        return False
    panels = RL_PANELS if "reward" in entries[0] else SFT_PANELS
    figure = Figure(figsize=(4 * len(panels), 3), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        _panel(axes, entries, name)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    figure.savefig(picture, dpi=130)
    return True


def _panel(axes, entries: Sequence[dict], name: str) -> None:
    """A faint line of every step, a strong one of the running mean, dots for validation."""
    points = np.array([(entry["step"], entry[name]) for entry in entries if entry.get(name) is not None])
    if len(points):
        axes.plot(*points.T, alpha=0.3, linewidth=1)
        axes.plot(points[:, 0], running_mean(points[:, 1]), linewidth=1.5)
    checked = [(entry["step"], entry[f"validation_{name}"]) for entry in entries
               if entry.get(f"validation_{name}") is not None]
    if checked:
        axes.plot(*np.array(checked).T, "o-", markersize=3, label="validation")
        axes.legend(fontsize=8)


def running_mean(values: np.ndarray, half_width: int = 5) -> np.ndarray:
    """Mean over up to ``half_width`` neighbours on each side."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    places = np.arange(len(values))
    first, last = np.maximum(places - half_width, 0), np.minimum(places + half_width + 1, len(values))
    return (sums[last] - sums[first]) / (last - first)
