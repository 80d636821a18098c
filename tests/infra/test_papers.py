"""Papers: the same bytes for ever, a signature that anybody can check, nothing read in the dump."""

import base64
import csv
import datetime as dt
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.db import ProgrammingError, transaction

from citycard.infra import crypto, papers
from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
STATEMENT = papers.Document(
    title="對帳單 Statement",
    facts=[("機關 Agency", "臺北市政府體育局")],
    tables=[
        papers.Table(
            title="依基金 By fund",
            head=["基金 Fund", "發出 Issued", "月份 Month"],
            lines=[["運動集點", 12_000, dt.date(2026, 10, 1)], ["=1+1", -5, None]],
            sums=[["合計 Total", 11_995, None]],
        ),
        papers.Table(title="夥伴 / Partner", head=["夥伴"], lines=[["悠遊卡公司"]] * 90),
    ],
    notes=["1 點 = 新臺幣 1 元。"],
)


def keep(content=b"first", about="2026-10/1", **options):
    file = papers.PaperFile(name="net.csv", media_type=papers.CSV, content=content)
    with unit_of_work():
        return papers.keep(kind="clearing.net", about=about, files=[file], now=NOW, **options)


class TestKeeping:
    """What is kept stays as it was."""

    pytestmark = pytest.mark.django_db

    def test_a_second_keep_returns_the_first(self):
        first = keep(b"first")
        assert keep(b"second") == first
        assert first.files[0].content == b"first"
        assert papers.kept(kind="clearing.net", about="2026-10/1") == first
        assert papers.kept(kind="clearing.net", about="2026-10/2") is None
        assert papers.papers(kind="clearing.net", starts="2026-10/") == [
            ("2026-10/1", NOW, ("net.csv",))
        ]

    def test_keeping_needs_a_unit_of_work(self):
        with pytest.raises(UnitOfWorkMisused):
            papers.keep(kind="x", about="y", files=[], now=NOW)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE infra_paper_file SET content = 'other'",
            "UPDATE infra_paper SET about = 'other'",
            "DELETE FROM infra_paper_file",
            "TRUNCATE infra_paper CASCADE",
        ],
    )
    def test_the_application_can_not_change_or_delete(self, statement):
        keep()
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            execute(statement)

    def test_sealed_content_is_not_readable_where_it_lies(self):
        paper = keep("王小明 320 點".encode(), sealed=True)
        [stored] = rows("SELECT content FROM infra_paper_file")
        assert "王小明".encode() not in bytes(stored.content)
        assert paper.files[0].content.decode() == "王小明 320 點"
        assert papers.verify() == []


def test_what_was_changed_behind_our_back_is_found_and_not_served(fresh_database):
    keep(about="2026-08/1")
    assert papers.verify() == []
    fresh_database.owner_sql("UPDATE infra_paper_file SET content = 'forged'")
    assert [one.check for one in papers.verify()] == ["papers.signatures"]
    with pytest.raises(papers.PaperChanged):
        papers.kept(kind="clearing.net", about="2026-08/1")


@pytest.mark.django_db
def test_anybody_checks_a_signature_with_openssl(tmp_path: Path):
    file = keep().files[0]
    (tmp_path / "net.csv").write_bytes(file.content)
    (tmp_path / "city.pem").write_bytes(papers.public_key_pem())
    assert file.signature_file.name == "net.csv.sig"
    (tmp_path / "net.sig").write_bytes(base64.b64decode(file.signature_file.content))
    asked = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "city.pem", "-rawin"]
    asked += ["-in", "net.csv", "-sigfile", "net.sig"]
    said = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in said.stdout
    (tmp_path / "net.csv").write_bytes(file.content + b" ")
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False).returncode != 0
    assert crypto.verify(file.content, file.signature)


class TestWriting:
    """The same tables give the same bytes, in another process too."""

    def test_csv_is_harmless_to_spreadsheets(self):
        lines = list(csv.reader(io.StringIO(papers.csv_of(STATEMENT).decode("utf-8-sig"))))
        assert lines[1] == ["運動集點", "12000", "2026-10-01"]
        assert lines[2] == ["'=1+1", "-5", ""]
        assert lines[3] == ["合計 Total", "11995", ""]
        assert lines[4] == []

    def test_a_spreadsheet_has_a_sheet_a_table_with_numbers_as_numbers(self):
        book = openpyxl.load_workbook(io.BytesIO(papers.xlsx_of(STATEMENT)))
        assert book.sheetnames == ["依基金 By fund", "夥伴   Partner"]
        sheet = book.worksheets[0]
        assert sheet["B2"].value == 12_000
        assert sheet["A3"].value == "'=1+1"
        assert sheet["A4"].font.bold

    def test_a_pdf_carries_its_font_and_page_numbers(self):
        content = papers.pdf_of(STATEMENT)
        assert content.startswith(b"%PDF-")
        assert b"NotoSans" in content
        assert content.count(b"/Type /Page\n") >= 2

    def test_the_same_tables_give_the_same_bytes(self):
        script = (
            "import hashlib, django; django.setup(); from citycard.infra import papers;"
            "from tests.infra.test_papers import STATEMENT;"
            "writers = papers.csv_of, papers.xlsx_of, papers.pdf_of;"
            "print([hashlib.sha256(write(STATEMENT)).hexdigest() for write in writers])"
        )
        seen = {
            subprocess.run(
                [sys.executable, "-c", script], capture_output=True, text=True, check=True
            ).stdout
            for _ in range(2)
        }
        assert len(seen) == 1

    def test_no_time_of_the_day_gets_into_a_spreadsheet(self):
        with zipfile.ZipFile(io.BytesIO(papers.xlsx_of(STATEMENT))) as book:
            assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
