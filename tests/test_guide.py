"""The user guide against the app: its pictures are there and small, and it names controls as the pages name them."""

import json
import re
from pathlib import Path

from sizing_app.hub import Hub
from sizing_app.store import SessionStore
from sizing_app.ui.page import build
from sizing_app.ui.services import Services, policy_titles

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "guide.md").read_text()
MOST_BYTES = 200_000


def test_every_picture_is_shown_and_small():
    shown = set(re.findall(r"\]\((guide/\w[\w-]*\.png)\)", GUIDE))
    files = {f"guide/{path.name}": path.stat().st_size for path in (ROOT / "docs" / "guide").iterdir()}
    assert shown == set(files) and len(shown) >= 8
    assert max(files.values()) < MOST_BYTES


def test_controls_are_named_as_the_pages_name_them(ota, tmp_path):
    store, hub = SessionStore(f"sqlite:///{tmp_path}/sessions.db"), Hub()
    page = build(Services({"OTA": ota}, store, hub, None, None, policy_titles(chat=False), "OTA"))
    components = json.dumps(page.get_config_file(), default=str, ensure_ascii=False)
    store.close()
    files = [path for ending in ("py", "js", "html") for path in (ROOT / "sizing_app" / "ui").rglob(f"*.{ending}")]
    pages = "\n".join([components, *(path.read_text() for path in files)])
    named = set(re.findall(r"\*\*([^*]+)\*\*", " ".join(GUIDE.split()))) - {"like this"}
    assert len(named) > 60
    assert [name for name in sorted(named) if name not in pages] == []


def test_links_within_the_guide_lead_somewhere():
    titles = {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-")
              for title in re.findall(r"^## (.+)$", GUIDE, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", GUIDE)) == titles
