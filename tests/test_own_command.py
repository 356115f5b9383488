"""Own circuits by the command line: from files to the database, to a ZIP and back, and sized by their name."""

import io
import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.cli import main
from sizing_app.own.upload import LARGEST_ARCHIVE, UploadError, circuit_in, files_in, files_of, is_circuit, packed
from sizing_app.store import SessionStore
from tests.hostile_decks import DECKS
from tests.test_own_draft import DECK_OF_RC, LDO, RC

NETLISTS = Path(__file__).parent / "netlists"
OTA = load_circuit("OTA")


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run a command in an empty folder with a database of its own; returns (code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str):
        code = main([*words, "--database", f"sqlite:///{tmp_path}/own.db"])
        told = capfd.readouterr()
        return code, told.out, told.err
    return run


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


# From a file to a session

def test_a_netlist_is_imported_checked_sized_exported_and_removed(run, tmp_path):
    Path("ldo.spice").write_text(LDO)
    code, out, _ = run("circuits", "import", "ldo.spice", "--setting", "output=2.4", "--load", "1n", "--lock", "l_pass",
                       "--map", "ref=vref", "--bias", "ibias=10u", "--name", "REG", "--json")
    told = json.loads(out)
    assert (code, told["name"], told["kind"], told["process"], told["problems"]) == (0, "REG", "ldo", "gf180mcu_6v", [])
    assert told["check"]["original"]["metrics"]["accuracy"] < 0.05 and len(told["check"]["specs"]) > 8
    code, out, _ = run("simulate", "REG", "--golden", "--json")
    assert code == 0 and json.loads(out)["metrics"]["accuracy"] == told["check"]["original"]["metrics"]["accuracy"]
    code, out, _ = run("circuits", "check", "REG", "--json")
    assert code == 0 and json.loads(out)["designs"] == 20
    code, out, _ = run("size", "REG", "--policy", "random", "--budget", "2", "--json")
    assert code == 0 and json.loads(out)["circuit"] == "REG"
    assert run("circuits", "export", "REG", "--out", "reg.zip")[0] == 0
    code, out, _ = run("circuits", "remove", "REG", "--json")
    assert (code, json.loads(out)) == (0, {"name": "REG", "kept": 1})
    code, out, _ = run("circuits", "import", "reg.zip", "--json")
    assert (code, json.loads(out)["key"]) == (0, told["key"])
    assert run("circuits", "remove", "NOSUCH")[0] == 2


def test_all_problems_end_with_code_2(run):
    text = LDO.replace("R1 vout", "A1 vout thing\nR1 vout").replace("pfet_06v0 L=1u", "who_knows L=1u")
    Path("bad.sp").write_text(text)
    code, out, err = run("circuits", "import", "bad.sp", "--json")
    assert code == 2 and len(json.loads(out)["problems"]) == 3
    assert err.count("sizing: ") == 3 and "line 10: 'A1'" in err and "line 6: 'who_knows'" in err
    assert run("simulate", "reg", "--golden")[0] == 2


@pytest.mark.parametrize("words, said", [
    (["none.sp"], "No such file"), (["."], "no netlist in this folder"),
    (["rc.cir", "--map", "king=in"], "expected a role"), (["rc.cir", "--map", "in"], "expected ROLE=PORT"),
    (["rc.cir", "--testbench", "radio"], "expected comparator"), (["rc.cir", "--supply", "much"], "--supply 'much'"),
    (["rc.cir", "--better", "gain=up"], "expected high, low or near"),
    (["rc.cir", "--name", "OTA"], "comes with the program: choose another name"), (["rc.cir", "--meas", "ac"], "meas"),
])
def test_a_wrong_word_is_told(run, words, said):
    if words[0] == "rc.cir":
        Path("rc.cir").write_text(RC)
    code, _, err = run("circuits", "import", *words)
    assert code == 2 and said in err and "Traceback" not in err


def test_a_testbench_and_models_in_files_of_their_own(run):
    Path("cell.sp").write_text(".subckt low a b r=1k\nR1 a b {r}\nC1 b 0 100n\n.ends\n")
    Path("bench.sp").write_text(DECK_OF_RC.replace("R1 in out {r}\nC1 out 0 100n", "X1 in out low r={r}"))
    code, out, err = run("circuits", "import", "cell.sp", "--testbench", "bench.sp", "--better", "corner=high",
                         "--meas", "ac low find vdb(out) at=1", "--json")
    told = json.loads(out)
    assert code == 0, err
    assert told["check"]["original"]["metrics"]["corner"] == pytest.approx(1591.55, rel=1e-3)
    assert told["check"]["different"] == [] and {spec["metric"]: spec["high"] for spec in told["check"]["specs"]}[
        "corner"] is None
    assert told["name"] == "bench" and "low" in told["check"]["original"]["metrics"]


def test_a_design_without_metrics_is_not_saved(run):
    Path("deck.sp").write_text(DECK_OF_RC.replace("-3.0103", "+3").replace(".meas ac twice param='2*corner'\n", ""))
    code, out, err = run("circuits", "import", "deck.sp", "--name", "NONE")
    assert "warning: No metric has a value for the file's own design" in out
    assert code == 1 and "nothing is saved" in err and run("circuits", "check", "NONE")[0] == 2


# ZIP

def test_a_zip_holds_the_same_circuit():
    data = packed(OTA)
    assert packed(OTA) == data and files_in("ota.zip", data)["OTA/netlist.sp"] == OTA.netlist
    assert circuit_in(files_in("ota.zip", data), "x") == OTA


def test_what_is_never_read_from_an_upload(tmp_path):
    """Stored designs, code of a drawing, and whether a circuit is held out."""
    texts = {name: text.encode() for name, text in files_in("ota.zip", packed(OTA)).items()}
    texts["OTA/circuit.toml"] = texts["OTA/circuit.toml"].replace(b"\n[devices]", b"held_out = true\n\n[devices]")
    data = zipped(**texts, **{"OTA/schematic.py": b"raise SystemExit", "OTA/pool.npz": b"PK", "OTA/golden.json": b"{}"})
    files = files_in("ota.zip", data)
    assert set(files) == {"OTA/circuit.toml", "OTA/netlist.sp", "OTA/testbench.sp"} and is_circuit(files)
    assert b"held_out = true" in texts["OTA/circuit.toml"] and circuit_in(files, "x") == OTA
    assert golden(OTA)["parameters"]


@pytest.mark.parametrize("data, said", [
    (zipped(**{f"{number}.sp": b"R1 a 0 1" for number in range(9)}), "9 files, at most 8"),
    (zipped(**{"a.sp": b" " * (LARGEST_ARCHIVE + 1)}), "more than 1,000,000 bytes when unpacked"),
    (zipped(**{"a.sp": b" " * 600_000, "b.sp": b" " * 600_000}), "more than 1,000,000 bytes"),
    (zipped(**{"../a.sp": b"R1 a 0 1"}), "no plain name"), (zipped(**{"/etc/a.sp": b"R1 a 0 1"}), "no plain name"),
    (zipped(**{"a/b/c.sp": b"R1 a 0 1"}), "no plain name"), (zipped(**{"a\\b.sp": b"R1 a 0 1"}), "no plain name"),
    (zipped(**{"readme.md": b"hello"}), "no netlist in it"), (zipped(**{"a.sp": b"R1\0"}), "is no text"),
    (b"PK\3\4 and no more", "is no ZIP that can be read"), (b"PK\3\4" + b"x" * LARGEST_ARCHIVE, "at most 1,000,000"),
    (zipped(**{"a.sp": b"R1 a 0 1"})[:60], "is no ZIP that can be read"),
], ids=lambda value: value if isinstance(value, str) else "zip")
def test_a_zip_of_another_kind_is_refused(data, said):
    with pytest.raises(UploadError, match=said):
        files_in("x.zip", data)


def test_files_of_old_tools_are_read(tmp_path):
    for name, data in (("a.net", "R1 a 0 1µ".encode("utf-16")), ("b.net", b"R1 a 0 1\xb5")):
        (tmp_path / name).write_bytes(data)
        assert files_of(tmp_path / name) == {name: "R1 a 0 1µ"}
    assert set(files_of(tmp_path)) == {"a.net", "b.net"}


# Harm

@pytest.mark.parametrize("kind", ["file", "zip", "circuit"])
@pytest.mark.parametrize("name", DECKS)
def test_a_hostile_deck_is_a_sentence(run, tmp_path, name, kind):
    """As a netlist, in a ZIP, and as the netlist of a circuit folder; whatever it names is left alone."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    text = DECKS[name].text
    for word, value in (("@D@", tmp_path), ("@SECRET@", secret), ("@NUMBERS@", secret), ("@LIBRARY@", "x.so"),
                        ("@SCRIPT@", "x.sh"), ("@PARENT@", "1"), ("@TOKEN@", "own_token")):
        text = text.replace(word, str(value))
    upload = Path("deck.sp" if kind == "file" else "deck.zip")
    if kind == "circuit":
        texts = files_in("x.zip", packed(OTA)) | {"OTA/netlist.sp": text}
        upload.write_bytes(zipped(**{name: value.encode() for name, value in texts.items()}))
    else:
        upload.write_bytes(text.encode() if kind == "file" else zipped(**{"deck.sp": text.encode()}))
    code, out, err = run("circuits", "import", str(upload), "--name", "HOSTILE")
    assert code in (1, 2) and err.startswith("sizing: ") and "Traceback" not in err
    assert "the secret" not in out + err and "root:" not in out + err
    assert not (tmp_path / "pwned").exists() and secret.read_text() == "the secret"
    with closing(SessionStore(f"sqlite:///{tmp_path}/own.db")) as store:
        assert "HOSTILE" not in store.circuits
