"""The city's tree adds up, and its small cells stay hidden."""

from citycard.insight.tree import Leaf, build_tree

SHAPE = {
    "code": "all",
    "name": {"zh-Hant": "全部", "en": "All"},
    "children": [
        {"code": "transit", "name": {"zh-Hant": "運輸", "en": "Transport"}, "services": ["ride"]},
        {
            "code": "leisure",
            "name": {"zh-Hant": "休閒", "en": "Leisure"},
            "children": [
                {
                    "code": "sports",
                    "name": {"zh-Hant": "運動", "en": "Sports"},
                    "services": ["swim"],
                }
            ],
        },
    ],
}


def tree(leaves, people=None, least=10):
    rows = [
        Leaf(service=service, agency=agency, place=place, uses=uses)
        for service, agency, place, uses, _ in leaves
    ]
    counted = {(s, a, p): n for s, a, p, _, n in leaves}
    for service, agency, _, _, n in leaves:
        for key in ((service,), (service, agency)):
            counted[key] = counted.get(key, 0) + n
    return build_tree(
        shape=SHAPE, service_names={}, leaves=rows, people=people or counted, least=least
    )


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


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
    for node in nodes(top):
        if node.children:
            assert node.uses == sum(child.uses for child in node.children)


def test_a_service_the_pack_forgot_is_still_counted():
    top = tree([*CITY, ("parking", "lot", "p1", 30, 25)])
    assert top.uses == sum(row[3] for row in CITY) + 30
    assert top.children[-1].own_code == "other"


def test_a_small_place_is_hidden_with_its_next_smallest_sibling():
    top = tree([*CITY, ("swim", "pool", "north", 6, 3)])
    shown = {node.code: node.uses for node in nodes(top) if node.kind == "place"}
    assert shown["all/leisure/sports/swim/pool/north"] is None
    assert shown["all/leisure/sports/swim/pool/west"] is None
    assert shown["all/leisure/sports/swim/pool/east"] == 500


def test_without_a_sibling_the_secret_goes_up_the_tree():
    top = tree([("ride", "metro", "north", 900, 90), ("swim", "pool", "west", 6, 3)])
    hidden = {node.code for node in nodes(top) if node.is_hidden}
    # swim's only place, agency, service and categories are small; the total minus transport would
    # tell
    assert "all/leisure" in hidden
    assert "all/transit" in hidden
    assert top.uses == 906


def test_an_empty_city_is_zero_not_hidden():
    top = tree([])
    assert top.uses == 0
    assert not any(node.is_hidden for node in nodes(top))
