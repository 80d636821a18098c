"""A reader is told the same class of fare by the city and by its snapshot (MISSION X11)."""

import pytest

from citycard.flows import snapshotting
from citycard.portals.gate.snapshots import Shelves
from tests.offline.lines import Line, city_key, gate_reader, reader
from tests.taps.test_paying import senior
from tests.taps.town import NOW, Town


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def test_online_and_cut_off_a_card_is_taken_for_the_same_class(town: Town) -> None:
    entitled, plain = town.card(senior(town)[0]), town.card(town.residents(1)[0])
    bus = town.reader("concession-ride", "public-transport")
    assert bus.device_id is not None
    snapshotting.build(NOW)
    shelves = Shelves()
    shelves._refresh()
    line = Line(shelves, gate_reader(bus.device_id), lambda: NOW)
    made, _, journal = reader(line, now=lambda: NOW, key=city_key(NOW))
    assert made.poll()
    cards = {entitled: "disability", plain: ""}
    online = [made.tap(number) for number in cards]
    line.is_up = False
    alone = [made.tap(number) for number in cards]
    assert [one and one.profile for one in online] == list(cards.values())
    assert [one and one.profile for one in alone] == list(cards.values())
    assert [one and one.offline and one.offline.code for one in online] == [None, None]
    assert [one and one.offline and one.offline.code for one in alone] == ["accepted"] * 2
    assert journal.backlog() == 2
