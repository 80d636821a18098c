"""Where fonts with Chinese characters lie on this machine: the project's own first."""

import os
from pathlib import Path

# (file, index in a collection): the project's own first, then Debian's fonts-noto-cjk
_NODE = "node_modules/@expo-google-fonts/noto-sans-tc"
_SYSTEM = Path("/usr/share/fonts/opentype/noto")
_LATIN = Path("/usr/share/fonts/truetype/dejavu")
_TRADITIONAL = 3  # JP, KR, SC, TC, HK in the collections of fonts-noto-cjk


def font_files(*, bold: bool) -> tuple[tuple[str, int], ...]:
    """Return the fonts that are there, the best first: file, and index in a collection."""
    return tuple(file for file in _candidates(bold) if Path(file[0]).is_file())


def _candidates(bold: bool) -> list[tuple[str, int]]:
    weight = "Bold" if bold else "Regular"
    folder = os.environ.get("CITYCARD_FONTS", "")
    candidates = [(str(Path(folder) / f"NotoSansTC-{weight}.ttf"), 0)] if folder else []
    node = Path(__file__).resolve().parents[3] / _NODE
    number = "700Bold" if bold else "400Regular"
    candidates += [
        (str(node / number / f"NotoSansTC_{number}.ttf"), 0),
        (str(node / f"NotoSansTC_{number}.ttf"), 0),
        (str(_SYSTEM / f"NotoSansCJK-{weight}.ttc"), _TRADITIONAL),
        (str(_SYSTEM / f"NotoSerifCJK-{weight}.ttc"), _TRADITIONAL),
    ]
    # names written in Latin letters of other lands: Ł, ş, ư
    candidates += [(str(_LATIN / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), 0)]
    return candidates
