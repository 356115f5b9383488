"""``sizing serve-model``, with a random-weight checkpoint in place of a language model."""

import json
import signal
import subprocess
import sys
import urllib.request

from sizing_app.policy import open_model
from sizing_app.policy.gguf import cached_gguf
from tests.checkpoint import write_checkpoint


def test_a_model_is_served_until_a_signal_comes(tmp_path, ota):
    write_checkpoint(tmp_path / "tiny", [ota])
    file = cached_gguf(tmp_path / "tiny", tmp_path)
    process = subprocess.Popen([sys.executable, "-m", "sizing_app", "serve-model", "--gguf", file, "--port", "0",
                                "--context", "512", "--threads", "1"], stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        url, name = line.split("--base-url ")[1].split(" --model ")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/models", timeout=30) as answer:
            assert len(json.load(answer)["data"]) == 1
        assert name.strip() == file.stem
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.stdout.close()


def test_what_is_missing_is_told(tmp_path, monkeypatch, capsys):
    assert open_model.main(["--gguf", str(tmp_path / "none.gguf")]) == 2
    monkeypatch.setattr(open_model, "PACKAGE", "no_such_package")
    assert open_model.main([]) == 2
    errors = capsys.readouterr().err
    assert "no file" in errors and "requirements-open-model.txt" in errors
