"""The kiosk as a person meets it: which screen it shows, and what leads to the next.

One thread (``run``) owns the writer and the city; the screen's threads only leave wishes in a
queue and look at what is shown.
"""

import contextlib
import datetime as dt
import queue
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from citycard_kiosk import uploading
from citycard_kiosk.city import City, Refusal, Silent
from citycard_kiosk.journal import Journal
from citycard_kiosk.redeeming import Ended, Redeemer
from citycard_kiosk.settings import Settings
from citycard_kiosk.writer import CardGone, Reading, SimulatedWriter

UNAUTHORISED = 401
TICK_S = 0.1
LONGEST_PAUSES = 8
SECONDS: Mapping[str, int] = {
    "choose": 90,
    "confirm": 60,
    "done": 20,
    "refused": 30,
    "taken_away": 60,
    "resumed": 45,
    "settled_later": 20,
    "given_back": 30,
    "unclear": 30,
}
"""How long a screen waits for a person before the kiosk is free for the next; no redemption ends
by it.
"""

KEPT = (
    *("offline", "not_enrolled", "resumed", "taken_away", "writing", "done"),
    *("settled_later", "given_back", "unclear"),
)
"""Stages that may come when the city can't be reached; their pages are kept."""

SCREEN_OF: Mapping[str, str] = {"settled": "settled_later", "given_back": "given_back"}


@dataclass(frozen=True)
class Shown:
    """What the screen shows. A new one is made at every change; ``version`` tells them apart."""

    stage: str = "welcome"
    version: int = 1
    until: float | None = None
    seconds_in_all: int = 0
    reading: Reading | None = None
    offer: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)
    refusal: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int | None:
        """Return how many seconds a person has left."""
        return None if self.until is None else max(1, round(self.until - time.monotonic()))


@dataclass
class Taste:
    """How the page is shown to the person who is here; the next one starts afresh."""

    language: str = "zh-hant"
    text: str = "normal"


@dataclass
class Wish:
    """What somebody touched on the screen; ``heard`` is set once the screen has changed for it."""

    what: str
    value: str = ""
    heard: threading.Event = field(default_factory=threading.Event)


class Kiosk:
    """The kiosk's one thread of work, and what its screen shows."""

    def __init__(self, settings: Settings, journal: Journal, writer: SimulatedWriter) -> None:
        self.settings = settings
        self.journal = journal
        self.writer = writer
        self.shown = Shown()
        self.taste = Taste()
        self.city: City | None = None
        self.seconds = dict(SECONDS)
        self._wishes: queue.Queue[Wish] = queue.Queue()
        self._placement = -1
        self._next_recovery = 0.0
        self._recovery_pause_s = self.settings.recover_seconds
        self._next_look = 0.0
        self._next_upload = 0.0

    # -- for the screen's threads
    # -------------------------------------------------------------------

    def wish(self, what: str, value: str = "", *, wait_s: float = 1.5) -> None:
        """Leave a wish and wait a moment for the screen to change."""
        wish = Wish(what, value)
        self._wishes.put(wish)
        wish.heard.wait(wait_s)

    def put(self, card_id: str) -> None:
        """Put a demo card on the pad; a pad needs nobody's leave."""
        self.writer.put(card_id)
        self.wish("look")

    def take(self) -> None:
        """Take the demo card off the pad, even while it is being written."""
        self.writer.take()
        self.wish("look", wait_s=0.3)

    # -- the thread of work
    # ---------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        if self.journal.open_lines():
            self._show("resumed")
        while not stop.is_set():
            self.step()

    def step(self) -> None:
        """Hear one wish, or look around: the pad, the clock, the city, what hangs."""
        try:
            wish = self._wishes.get(timeout=TICK_S)
        except queue.Empty:
            self._look_around()
            return
        try:
            _WISHES[wish.what](self, wish)
        finally:
            wish.heard.set()

    def _look_around(self) -> None:
        if self.city is None or self.shown.stage in ("offline", "not_enrolled"):
            self._look_for_city()
        if self.city is not None:
            self._recover_now_and_then()
            self._look_at_pad()
            self._upload_now_and_then()
        if self.shown.until is not None and time.monotonic() > self.shown.until:
            self._time_is_over()

    def _look_for_city(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + self.settings.recover_seconds
        credentials = self.settings.credentials()
        if credentials is None:
            self._show_if_new("not_enrolled")
            return
        city = City(self.settings.server, credentials)
        try:
            told = city.hello()
        except Silent:
            if self.shown.stage != "resumed":
                self._show_if_new("offline")
            return
        except Refusal:
            self._show_if_new("not_enrolled")
            return
        self.city = city
        self.seconds["choose"] = int(told.get("session_seconds", SECONDS["choose"]))
        self.writer.lay_out_file(self.settings.tray_file)
        # In this order: a card that is put down in between is seen, one way or the other.
        placement = self.writer.placement()
        self._placement = placement if self.writer.on_pad() is None else -1
        self._show("resumed" if self.journal.open_lines() else "welcome")

    def _recover_now_and_then(self) -> None:
        if time.monotonic() < self._next_recovery:
            return
        self._next_recovery = time.monotonic() + self._recovery_pause_s
        placement = self.writer.placement()
        moved = self._redeemer().recover()
        # Who waits for nothing asks less and less often.
        self._recovery_pause_s = (
            self.settings.recover_seconds
            if moved
            else min(self._recovery_pause_s * 1.5, self.settings.recover_seconds * LONGEST_PAUSES)
        )
        if moved and self.shown.stage in ("resumed", "taken_away"):
            self._show_recovered(moved)
            self._placement = placement  # a card put down meanwhile is still to be looked at

    def _upload_now_and_then(self) -> None:
        """Send the journal while nobody waits; a city that is silent or says no hears it later."""
        if self.shown.stage != "welcome" or time.monotonic() < self._next_upload:
            return
        self._next_upload = time.monotonic() + self.settings.recover_seconds * LONGEST_PAUSES
        with contextlib.suppress(Silent, Refusal):
            uploading.upload_day(self.journal, self._known_city(), dt.datetime.now(dt.UTC).date())
            uploading.upload(self.journal, self._known_city())

    def _show_recovered(self, moved: Mapping[uuid.UUID, Ended]) -> None:
        last = list(moved.values())[-1]
        self._show(SCREEN_OF.get(last.ending, "unclear"))

    def _look_at_pad(self) -> None:
        placement = self.writer.placement()
        if placement == self._placement:
            return
        self._placement = placement
        number = self.writer.on_pad()
        if number is None:
            if self.shown.stage in ("choose", "confirm", "refused", "done", "given_back"):
                self._show("welcome")
            return
        if self.shown.stage in ("taken_away", "resumed"):
            self._next_recovery = 0.0
            moved = self._redeemer().recover()
            if moved:
                self._show_recovered(moved)
                return
            if any(line.number == number for line in self.journal.open_lines()):
                self._show("unclear")
                return
        self._read()

    def _read(self) -> None:
        self._show("reading")
        try:
            reading = self.writer.read()
            offer = self._known_city().card(reading)
        except CardGone:
            self._show("welcome")
        except Silent:
            self._show("offline")
        except Refusal as refusal:
            if refusal.status == UNAUTHORISED:
                self.city = None
            self._refuse(refusal.code, refusal.facts)
        else:
            self._offer(reading, offer)

    def _offer(self, reading: Reading, offer: Mapping[str, Any]) -> None:
        self.shown = replace(self.shown, reading=reading, offer=offer)
        for told in offer["ended"]:
            self._close_line(told)
        if offer["most"]:
            self._show("choose")
        elif offer["ended"]:
            states = {"settled": "settled_later", "released": "given_back"}
            self._show(states.get(offer["ended"][-1]["state"], "unclear"))
        else:
            self._refuse(str(offer["why_not"]), {})

    def _close_line(self, told: Mapping[str, Any]) -> None:
        key = uuid.UUID(told["key"])
        if any(line.key == key for line in self.journal.open_lines()):
            self.journal.close(key, told["state"])

    def _time_is_over(self) -> None:
        self._show("unclear" if self.shown.stage == "taken_away" else "welcome")

    # -- wishes
    # -------------------------------------------------------------------------------------

    def _choose(self, wish: Wish) -> None:
        choices = {str(one["points"]): one for one in self.shown.offer.get("choices", ())}
        chosen, reading = choices.get(wish.value), self.shown.reading
        if self.shown.stage != "choose" or chosen is None or reading is None:
            return
        left = {
            "purse_after": reading.purse + chosen["ntd"],
            "points_after": self.shown.offer["points"] - chosen["points"],
        }
        self.shown = replace(self.shown, chosen={**chosen, **left})
        self._show("confirm")

    def _confirm(self, wish: Wish) -> None:
        reading, chosen = self.shown.reading, self.shown.chosen
        if self.shown.stage != "confirm" or reading is None:
            return
        if self.writer.on_pad() != reading.number:
            self._show("welcome")
            return
        self._show("writing")
        wish.heard.set()
        ended = self._redeemer().redeem(reading=reading, points=chosen["points"], ntd=chosen["ntd"])
        self._placement = self.writer.placement()
        self._show_ended(ended)

    def _show_ended(self, ended: Ended) -> None:
        self._next_upload = 0.0
        if ended.refusal is not None:
            self._refuse(ended.refusal.code, ended.refusal.facts)
        elif ended.ending == "settled":
            chosen = {**self.shown.chosen, "confirmed": ended.confirmed}
            self.shown = replace(self.shown, reading=ended.reading, chosen=chosen)
            self._show("done")
        else:
            self._show(ended.ending)

    def _back(self, wish: Wish) -> None:
        if self.shown.stage in ("confirm", "refused") and self.shown.offer.get("most"):
            self._show("choose")

    def _again(self, wish: Wish) -> None:
        if self.shown.stage in ("given_back", "settled_later", "refused"):
            self._read()

    def _stop(self, wish: Wish) -> None:
        if self.shown.stage != "writing":
            self._show("unclear" if self.shown.stage == "taken_away" else "welcome")

    def _look(self, wish: Wish) -> None:
        self._look_around()

    def _silent(self, wish: Wish) -> None:
        if self.shown.stage not in KEPT:
            self._show("offline")

    # -- showing
    # --------------------------------------------------------------------------------------

    def _refuse(self, code: str, facts: Mapping[str, Any]) -> None:
        self.shown = replace(self.shown, refusal={"code": code, "facts": dict(facts)})
        self._show("refused")

    def _show_if_new(self, stage: str) -> None:
        if self.shown.stage != stage:
            self._show(stage)

    def _show(self, stage: str) -> None:
        seconds = self.seconds.get(stage, 0)
        fresh = stage in ("welcome", "reading")
        if stage == "welcome":
            self.taste = Taste()
            self._recovery_pause_s = self.settings.recover_seconds
        self.shown = replace(
            Shown() if fresh else self.shown,
            stage=stage,
            version=self.shown.version + 1,
            until=time.monotonic() + seconds if seconds else None,
            seconds_in_all=seconds,
        )

    def _redeemer(self) -> Redeemer:
        return Redeemer(journal=self.journal, writer=self.writer, city=self._known_city())

    def _known_city(self) -> City:
        assert self.city is not None, "nothing is done with cards before the city knows us"
        return self.city


_WISHES: Mapping[str, Callable[[Kiosk, Wish], None]] = {
    "choose": Kiosk._choose,
    "confirm": Kiosk._confirm,
    "back": Kiosk._back,
    "again": Kiosk._again,
    "stop": Kiosk._stop,
    "look": Kiosk._look,
    "silent": Kiosk._silent,
}
