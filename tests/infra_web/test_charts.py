"""Figures start at zero, add up, hide what must be hidden, and carry their numbers."""

import re
from datetime import date

import pytest

from citycard.infra.web import charts
from citycard.infra.web.charts import Node


def widths(drawing: str) -> list[float]:
    return [float(found) for found in re.findall(r'width="([\d.]+)%" height="16"', drawing)]


def test_bars_are_in_proportion_from_zero() -> None:
    figure = charts.bars("用量", [("甲", 200), ("乙", 100), ("丙", 0)], unit="次")
    assert widths(figure.drawing) == [100.0, 50.0, 0.0]
    assert figure.rows == [("甲", "200"), ("乙", "100"), ("丙", "0")]


def test_a_hidden_cell_has_no_bar_and_no_number() -> None:
    figure = charts.bars("用量", [("甲", 200), ("乙", None)], unit="人")
    assert widths(figure.drawing) == [100.0]
    assert figure.rows[1] == ("乙", "人數太少，不顯示")


def test_names_are_escaped() -> None:
    figure = charts.bars("<b>", [("<script>", 1)])
    assert "<script>" not in charts.draw(figure)
    assert "<b>" not in charts.draw(figure)


def test_nothing_at_all_is_still_a_figure() -> None:
    for figure in (
        charts.bars("空", []),
        charts.columns("空", []),
        charts.tree("空", Node(label="全市", value=0)),
        charts.burn_down("空", [], budget=100, ends_on=date(2026, 12, 31)),
    ):
        assert "<svg" in charts.draw(figure)
    assert "<svg" in charts.sparkline([], "沒有資料")


def test_a_tree_that_does_not_add_up_is_not_drawn() -> None:
    wrong = Node(
        label="全市", value=10, children=(Node(label="甲", value=4), Node(label="乙", value=5))
    )
    with pytest.raises(charts.DoesNotAddUp, match="全市: the parts make 9, not 10"):
        charts.tree("樹", wrong)


def test_a_parts_bar_stands_under_its_share() -> None:
    root = Node(
        label="全市", value=10, children=(Node(label="甲", value=4), Node(label="乙", value=6))
    )
    drawing = charts.tree("樹", root).drawing
    starts = re.findall(r'x="([\d.]+)%" y="\d+" width="[\d.]+%"', drawing)
    assert [float(each) for each in starts] == [0.0, 0.0, 40.0]


def test_every_drawing_says_what_it_is() -> None:
    drawing = charts.columns("每日刷卡", [("11/1", 3), ("11/2", 5)]).drawing
    assert 'role="img"' in drawing
    assert "<title" in drawing
    assert "<desc" in drawing


def test_steps_say_how_much_of_the_step_before_each_is() -> None:
    items = [("有資格", 400), ("有卡", 100), ("用過", None), ("再來", 20)]
    figure = charts.steps("從資格到常客", items, unit="人", share="佔前一步")
    assert figure.head == ("項目", "人", "佔前一步")
    assert [row[2] for row in figure.rows] == ["—", "25.0%", "—", "—"]
    assert figure.drawing.count("bar--before") == 4  # two steps have one before them, drawn twice
