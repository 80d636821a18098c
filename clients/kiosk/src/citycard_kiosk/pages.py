"""The screen's pages: rendered by the city, some kept for when it can't be reached."""

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from citycard_kiosk.city import City, Page, Silent
from citycard_kiosk.kiosk import KEPT, Kiosk, Shown

LANGUAGES = ("zh-hant", "en")
KEPT_VERSION = 987654321
NTD, PURSE = "§ntd§", "§purse§"
ADDRESS = re.compile(r'(?:href|src)="(/(?:static/|theme)[^"]*)"')

BARE = """<!doctype html><html lang="zh-Hant"><meta charset="utf-8"><title>加值機</title>
<meta http-equiv="refresh" content="3">
<style>body{{margin:0;min-height:100vh;display:grid;place-content:center;text-align:center;
background:#f6f5f2;color:#1b1f24;font:400 40px/1.6 "Noto Sans TC","Noto Sans CJK TC",sans-serif}}
h1{{font-size:72px;line-height:1.35;margin:0 48px 24px}}p{{margin:0;color:#4f565f}}</style>
<body><main><h1>{zh}</h1><p lang="en">{en}</p></main></body></html>"""
BARE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
BARE_WORDS: Mapping[str, tuple[str, str]] = {
    "writing": ("正在加值，請不要拿開卡片", "Loading. Please leave the card there."),
    "done": ("加值完成，請取回卡片", "Done. Please take your card."),
    "taken_away": ("請把卡片放回感應區", "Please put the card back on the pad."),
}
BARE_ELSE = ("暫停服務，請使用其他加值機", "Out of service. Please use another kiosk.")


class Pages:
    """Pages by stage, and the files that they are drawn with."""

    def __init__(self, kiosk: Kiosk, directory: Path) -> None:
        self.kiosk = kiosk
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._kept_for: City | None = None
        self._keeping = threading.Lock()

    def page(self) -> Page:
        """Return the page of what is shown now."""
        shown, city = self.kiosk.shown, self.kiosk.city
        if city is not None and city is not self._kept_for:
            self.keep_soon()
        if city is not None:
            try:
                return city.screen(self._body(shown))
            except Silent:
                pass
        if shown.stage not in KEPT:
            self.kiosk.wish("silent")
        return self._kept(self.kiosk.shown)

    def file(self, path: str) -> tuple[bytes, str] | None:
        """Return a stylesheet, script or picture with its type: from the city, or as it was last
        time.
        """
        kept = self.directory / f"file-{hashlib.sha256(path.encode()).hexdigest()[:32]}"
        city = self.kiosk.city
        if city is not None:
            try:
                answer = city.fetch(path)
            except Silent:
                pass
            else:
                if answer.is_success:
                    kind = answer.headers.get("Content-Type", "application/octet-stream")
                    kept.write_bytes(kind.encode() + b"\n" + answer.content)
                    return answer.content, kind
        if not kept.exists():
            return None
        kind_bytes, _, content = kept.read_bytes().partition(b"\n")
        return content, kind_bytes.decode()

    def keep_soon(self) -> None:
        """Keep pages and files for bad times, in the background."""
        threading.Thread(target=self._keep, name="kept-pages", daemon=True).start()

    def _keep(self) -> None:
        city = self.kiosk.city
        if city is None or not self._keeping.acquire(blocking=False):
            return
        try:
            files: set[str] = set()
            for stage in KEPT:
                for language in LANGUAGES:
                    page = city.screen(_kept_body(stage, language))
                    self._path(stage, language).write_text(
                        json.dumps({"html": page.html, "policy": page.policy}), encoding="utf-8"
                    )
                    files.update(ADDRESS.findall(page.html))
            for path in sorted(files):
                self.file(path.replace("&amp;", "&"))
            self._kept_for = city
        except Silent:
            pass
        finally:
            self._keeping.release()

    def _kept(self, shown: Shown) -> Page:
        try:
            told = json.loads(self._path(shown.stage, self.kiosk.taste.language).read_text("utf-8"))
        except (OSError, ValueError):
            zh, en = BARE_WORDS.get(shown.stage, BARE_ELSE)
            return Page(html=BARE.format(zh=zh, en=en), policy=BARE_POLICY)
        html = str(told["html"]).replace(str(KEPT_VERSION), str(shown.version))
        html = html.replace(NTD, self._money(shown.chosen.get("ntd")))
        html = html.replace(PURSE, self._money(shown.reading.purse if shown.reading else None))
        return Page(html=html, policy=str(told["policy"]))

    def _path(self, stage: str, language: str) -> Path:
        return self.directory / f"page-{stage}.{language}.json"

    def _body(self, shown: Shown) -> dict[str, Any]:
        reading = shown.reading
        chosen = dict(shown.chosen)
        if shown.stage == "done":
            chosen["ntd_text"] = self._money(chosen.get("ntd"))
        return {
            "stage": shown.stage,
            "version": shown.version,
            "language": self.kiosk.taste.language,
            "text": self.kiosk.taste.text,
            "seconds": shown.seconds,
            "seconds_in_all": shown.seconds_in_all,
            "card": {
                "tail": reading.number[-4:],
                "purse": reading.purse,
                "purse_text": self._money(reading.purse),
            }
            if reading
            else {},
            "offer": dict(shown.offer),
            "chosen": chosen,
            "refusal": dict(shown.refusal) if shown.stage == "refused" else {},
            "tray": [vars(card) for card in self.kiosk.writer.tray()],
            "card_on_pad": self.kiosk.writer.on_pad() is not None,
        }

    def _money(self, ntd: int | None) -> str:
        if ntd is None:
            return ""
        return f"NT${ntd:,}" if self.kiosk.taste.language == "en" else f"{ntd:,} 元"


def _kept_body(stage: str, language: str) -> dict[str, Any]:
    return {
        "stage": stage,
        "version": KEPT_VERSION,
        "language": language,
        "card": {"purse_text": PURSE},
        "chosen": {"ntd_text": NTD},
    }
