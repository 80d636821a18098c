"""Tables as a PDF to print and file: A4, page numbers, the font inside; the same tables give the
same bytes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, TableCellFillMode, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from citycard.infra.fonts import font_files
from citycard.infra.papers.tables import Cell, Document, Table
from citycard.kernel.errors import Refused

_ALWAYS = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
_FAMILY = "paper"
_GREY = (242, 241, 238)
_LINES = (170, 168, 160)
_WIDE = 5  # more columns than this lie on their side


class NoFontForPapers(Refused):
    """No font with Chinese characters was found; install fonts-noto-cjk or set CITYCARD_FONTS."""

    code = "papers.no_font"


def pdf_of(document: Document) -> bytes:
    """Write a paper as a PDF; wide tables lie on their side.

    :raises NoFontForPapers: this machine has none
    """
    widest = max((len(table.head) for table in document.tables), default=0)
    paper = _paper(document.title, "landscape" if widest > _WIDE else "portrait")
    _line(paper, document.title, size=16, bold=True)
    for label, value in document.facts:
        _line(paper, f"{label}  {value}", size=10)
    for table in document.tables:
        paper.ln(4)
        _table(paper, table)
    for note in document.notes:
        paper.ln(2)
        _line(paper, note, size=9)
    return bytes(paper.output())


class _Paper(FPDF):
    """A page with its number, and the paper's name, at the foot."""

    def __init__(self, name: str, orientation: Any) -> None:
        super().__init__(orientation=orientation, format="A4")
        self.name = name

    def footer(self) -> None:
        """Write the foot of a page; the library calls it."""
        self.set_y(-12)
        self.set_font(_FAMILY, "", 8)
        self.cell(self.epw - 24, 5, self.name)
        self.cell(24, 5, f"{self.page_no()} / {{nb}}", align=Align.R)


def _paper(title: str, orientation: str) -> _Paper:
    paper = _Paper(title, orientation)
    for style, bold in (("", False), ("B", True)):
        files = font_files(bold=bold)
        if not files:
            raise NoFontForPapers()
        file, index = files[0]
        paper.add_font(_FAMILY, style, file, collection_font_number=index)
    paper.set_creation_date(_ALWAYS)
    paper.set_title(title)
    paper.set_creator("CityCard")
    paper.set_lang("zh-Hant")
    paper.set_margins(14, 14)
    paper.set_auto_page_break(True, margin=16)
    paper.add_page()
    return paper


def _line(paper: FPDF, text: str, *, size: int, bold: bool = False) -> None:
    paper.set_font(_FAMILY, "B" if bold else "", size)
    paper.multi_cell(
        0, size * 0.6, text, wrapmode=WrapMode.CHAR, new_x=XPos.LMARGIN, new_y=YPos.NEXT
    )


def _table(paper: FPDF, table: Table) -> None:
    if table.title:
        _line(paper, table.title, size=12, bold=True)
        paper.ln(1)
    paper.set_font(_FAMILY, "", 9)
    bold = FontFace(emphasis="BOLD")
    paper.set_draw_color(*_LINES)
    with paper.table(
        wrapmode=WrapMode.CHAR,
        text_align=_aligned(table),
        headings_style=FontFace(emphasis="BOLD", fill_color=_GREY),
        cell_fill_mode=TableCellFillMode.NONE,
        col_widths=_widths(table),
        line_height=5.2,
        padding=1,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
    ) as drawn:
        drawn.row(list(table.head))
        for line in table.lines:
            drawn.row([_shown(cell) for cell in line])
        for line in table.sums:
            drawn.row([_shown(cell) for cell in line], style=bold)


def _shown(cell: Cell) -> str:
    if isinstance(cell, int):
        return f"{cell:,}".replace("-", "\N{MINUS SIGN}")
    return "" if cell is None else str(cell)


def _aligned(table: Table) -> Sequence[Align]:
    lines = [*table.lines, *table.sums]
    numeric = [any(isinstance(line[n], int) for line in lines) for n in range(len(table.head))]
    return [Align.R if number else Align.L for number in numeric]


def _widths(table: Table) -> Sequence[int]:
    """Share the page by what stands in the columns; a very long text is folded, not squeezed in."""
    lines = [table.head, *[[_shown(cell) for cell in line] for line in (*table.lines, *table.sums)]]
    columns = zip(*lines, strict=True)
    return [min(26, max(6, *(_breadth(text) for text in column))) for column in columns]


def _breadth(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)
