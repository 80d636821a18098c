"""Loadings from files that a company drops into a directory (by SFTP, say)."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from citycard.adapters.card_company import loading_file
from citycard.redemptions.ports import LoadingFile


class DroppedLoadingFiles:
    """Reads ``<directory>/<partner>/<YYYYMMDD>-<number>.csv``; written beside, then renamed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def files_of(self, partner: str, business_day: dt.date) -> Sequence[LoadingFile]:
        """Return the files of a day that are there.

        :raises OSError: the directory can't be read, or a file is not whole
        """
        self.check()
        found = sorted((self._directory / partner).glob(f"{business_day:%Y%m%d}-*.csv"))
        return [
            loading_file.read(path.read_bytes(), name=path.name, partner=partner) for path in found
        ]

    def check(self) -> str:
        """Say where files are looked for.

        :raises OSError: there is no such directory
        """
        if not self._directory.is_dir():
            raise FileNotFoundError("the directory of loading files is not there")
        return "loading files, directory readable"
