"""The same seed and day make the same city, on another database and with other keys."""

import subprocess
import sys
from pathlib import Path

from tests.harness.databases import Clone, Databases

LOOKS = {
    "people": "SELECT string_agg(concat_ws('|', name, birth_on, sex, district), ';' ORDER BY id)"
    " FROM people_member",
    "facts": "SELECT string_agg(concat_ws('|', member_id, name, value, valid), ';'"
    " ORDER BY member_id, name, value::text, valid) FROM people_fact WHERE upper_inf(recorded)",
    "rights": "SELECT string_agg(concat_ws('|', member_id, entitlement, valid), ';'"
    " ORDER BY member_id, entitlement, valid) FROM pub.rights",
    "cards": "SELECT string_agg(concat_ws('|', issuer, number_kind, number), ';'"
    " ORDER BY issuer, number_kind, number) FROM cards_card_number",
    "taps": "SELECT string_agg(concat_ws('|', at, reader_id, seq, member_id, code, points), ';'"
    " ORDER BY reader_id, seq) FROM taps_tap",
    "value": "SELECT string_agg(concat_ws('|', kind, amount, count), ';' ORDER BY kind, amount)"
    " FROM (SELECT kind, amount, count(*) FROM ledger_transfer GROUP BY 1, 2) AS t",
    "applications": "SELECT string_agg(concat_ws('|', a.member_id, service, p.state), ';'"
    " ORDER BY a.member_id, service) FROM applications_part p"
    " JOIN applications_application a ON a.id = p.application_id",
}


def test_the_same_seed_and_day_make_the_same_city(databases: Databases, tmp_path: Path) -> None:
    with databases.clone() as one, databases.clone() as other:
        first, second = _built(one, tmp_path / "one"), _built(other, tmp_path / "other")
    for what in LOOKS:
        assert first[what], f"there are no {what}"
        assert first[what] == second[what], f"{what} differ"


def _built(clone: Clone, state: Path) -> dict[str, str]:
    environment = clone.environment() | {
        "CITYCARD_STATE": str(state),
        "CITYCARD_KEYS": str(state / "keys.json"),
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "citycard.config.command", "demo", "--city", "taoyuan"),
            *("--residents", "150", "--seed", "7", "--on", "2026-03-02"),
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return {what: clone.owner_sql(look)[0][0] for what, look in LOOKS.items()}
