"""The pictures of fares are drawn from the packs, and stand alone."""

import itertools
import xml.etree.ElementTree as ET

from tools import fare_charts, line_charts
from tools.line_charts import LABEL_ROOM, Curve


def test_pages_and_pictures_are_up_to_date() -> None:
    kept = {path.name: path.read_text("utf-8") for path in fare_charts.FOLDER.glob("*.*")}
    assert kept == dict(fare_charts.files()), "run: python -m tools.fare_charts"


def test_words_at_the_ends_of_lines_keep_apart_and_inside() -> None:
    curves = [Curve(name=("名", "Name"), points=[(0, 5), (10, amount)]) for amount in (9, 9, 10, 0)]
    root = ET.fromstring(line_charts.drawn(("題", "A <title>"), curves, "km"))  # noqa: S314 - as above
    texts = [
        each for each in root.iter() if each.tag.endswith("text") and "名" in (each.text or "")
    ]
    heights = sorted(float(each.attrib["y"]) for each in texts)
    assert all(lower - upper >= LABEL_ROOM for upper, lower in itertools.pairwise(heights))
    assert heights[0] > 0
    assert heights[-1] <= line_charts.TOP + line_charts.PLOT_HEIGHT


def test_a_line_goes_level_until_it_changes() -> None:
    path = line_charts._path([(0, 0), (5, 0), (10, 10)], 10, 10)
    left, right = line_charts.LEFT, line_charts.LEFT + line_charts.PLOT_WIDTH
    ground, top = line_charts.TOP + line_charts.PLOT_HEIGHT, line_charts.TOP
    assert path == f"M{left}.0 {ground}.0H{right}.0V{top}.0H{right}.0"
