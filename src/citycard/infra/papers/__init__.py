"""Papers: files that are made once, signed with the city's key, kept, and served again unchanged.

``keep`` stores the files of one paper under its kind and what it is about; a second ``keep`` of the
same returns the first, whatever it was given. ``kept`` returns it, byte for byte, for ever. What
names people is kept sealed. ``csv_of``, ``xlsx_of`` and ``pdf_of`` write tables as files: the same
tables give the same bytes. ``docs/guides/month-end.md`` says how anybody checks a signature.
"""

from citycard.infra.papers.keeping import (
    KeptFile,
    Paper,
    PaperChanged,
    PaperFile,
    is_kept,
    keep,
    kept,
    papers,
    public_key_pem,
    signature_of,
    verify,
)
from citycard.infra.papers.tables import CSV, PDF, XLSX, Cell, Document, Table, csv_of
from citycard.infra.papers.writing import pdf_of, xlsx_of

__all__ = [
    "CSV",
    "PDF",
    "XLSX",
    "Cell",
    "Document",
    "KeptFile",
    "Paper",
    "PaperChanged",
    "PaperFile",
    "Table",
    "csv_of",
    "is_kept",
    "keep",
    "kept",
    "papers",
    "pdf_of",
    "public_key_pem",
    "signature_of",
    "verify",
    "xlsx_of",
]
