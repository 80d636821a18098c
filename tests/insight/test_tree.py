"""The city's tree adds up, and its small cells stay hidden."""

from citycard.insight.gathering import MonthCounts
from citycard.insight.publishing import publish
from citycard.insight.tree import Leaf, added
from tests.insight.months import MONTH, SHAPE


def tree(leaves, month=MONTH):
    rows = [
        Leaf(service=service, agency=agency, place=place, uses=uses)
        for service, agency, place, uses, _ in leaves
    ]
    counted = {(s, a, p): n for s, a, p, _, n in leaves}
    for service, agency, _, _, n in leaves:
        for key in ((service,), (service, agency)):
            counted[key] = counted.get(key, 0) + n
    counts = MonthCounts(
        month=month, shape=SHAPE, service_names={}, leaves=rows, people=counted, accounts={}
    )
    return publish(counts, least=10).top


CITY = [
    ("ride", "metro", "north", 47_403, 900),
    ("ride", "metro", "south", 2_610, 300),
    ("ride", "taxi", "east", 61, 40),
    ("swim", "pool", "west", 20, 14),
    ("swim", "pool", "east", 500, 80),
]


def test_every_parent_is_the_sum_of_its_children():
    top = tree(CITY)
    assert top.uses == sum(row[3] for row in CITY)
    for node in top.walk():
        if node.children:
            assert node.uses == sum(child.uses for child in node.children)


def test_a_service_the_pack_forgot_is_still_counted():
    top = tree([*CITY, ("parking", "lot", "p1", 30, 25)])
    assert top.uses == sum(row[3] for row in CITY) + 30
    assert top.children[-1].own_code == "other"


def test_a_small_place_is_hidden_with_its_next_smallest_sibling():
    top = tree([*CITY, ("swim", "pool", "north", 6, 3)])
    shown = {node.code: node.uses for node in top.walk() if node.kind == "place"}
    assert shown["all/leisure/sports/swim/pool/north"] is None
    assert shown["all/leisure/sports/swim/pool/west"] is None
    assert shown["all/leisure/sports/swim/pool/east"] == 500


def test_without_a_sibling_the_secret_goes_up_the_tree():
    top = tree([("ride", "metro", "north", 900, 90), ("swim", "pool", "west", 6, 3)])
    # swim's only place, agency, service and categories are small; the total minus transport would
    # tell
    assert top.uses == 906
    assert top.withheld


def test_the_parts_of_a_whole_that_shows_none_are_not_even_named():
    top = tree([*CITY, ("loan", "main", "a", 5, 3), ("loan", "main", "b", 900, 9)])
    [main] = [node for node in top.walk() if node.own_code == "main"]
    assert (main.uses, main.people) == (905, 12)
    assert main.withheld
    assert main.children == ()


def test_an_empty_city_is_zero_not_hidden():
    top = tree([])
    assert top.uses == 0
    assert not any(node.is_hidden for node in top.walk())


def test_a_range_is_the_sum_of_its_months():
    top = added([tree(CITY), tree(CITY)])
    assert top.uses == 2 * tree(CITY).uses
    for node in top.walk():
        if node.children:
            assert node.uses == sum(child.uses for child in node.children)
    assert not any(node.counts_people for node in top.walk())


def test_what_one_month_hides_its_range_hides():
    quiet = tree([*CITY, ("swim", "pool", "north", 6, 3)])
    busy = tree([*CITY, ("swim", "pool", "north", 600, 300)])
    shown = {node.own_code: node.uses for node in added([quiet, busy]).walk()}
    assert shown["north"] is None
    assert shown["swim"] == quiet.uses + busy.uses - 2 * sum(row[3] for row in CITY[:3])


def test_parts_that_one_month_withholds_are_hidden_in_the_range():
    few = tree([*CITY[:3], ("swim", "pool", "west", 6, 3)])
    nodes = {node.code: node for node in added([tree(CITY), few]).walk()}
    assert nodes["all"].uses == tree(CITY).uses + few.uses
    assert all(node.is_hidden for code, node in nodes.items() if code.startswith("all/leisure"))
