"""Tables as files of other people's forms. The libraries that write them are large: each is loaded
when the first file of its form is written, so that no process of the city waits for it to start."""

from citycard.infra.papers.tables import Document


def pdf_of(document: Document) -> bytes:
    """Write a paper as a PDF; wide tables lie on their side.

    :raises NoFontForPapers: this machine has none
    """
    from citycard.infra.papers import pdf

    return pdf.pdf_of(document)


def xlsx_of(document: Document) -> bytes:
    """Write a paper's tables as a spreadsheet, one sheet a table."""
    from citycard.infra.papers import xlsx

    return xlsx.xlsx_of(document)
