"""The counter's addresses. None holds a name, a number or a member's id; people are handles."""

from django.urls import path

from citycard.portals.counter import (
    asking,
    card_life,
    case,
    contact,
    copying,
    guarding,
    handing_out,
    home,
    own_cards,
    papers,
    person,
    prints,
    searching,
    starting,
    stock,
    submitting,
    uses,
)

app_name = "counter"

_PERSON = "people/<str:handle>/"
_DRAFT = "drafts/<uuid:draft>/"
_CASE = "cases/<str:ref>/"
_PRINT = "prints/<int:print_id>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("queue/", home.queue_again, name="queue"),
    path("search/", searching.search, name="search"),
    path("new/", starting.begin, name="new"),
    path("hand-out/", handing_out.hand_out, name="hand_out"),
    path("stock/", stock.stock, name="stock"),
    path("stock/spoil/", stock.spoil, name="spoil"),
    path(_PERSON, person.person, name="person"),
    path(f"{_PERSON}confirm/", person.confirm, name="confirm"),
    path(f"{_PERSON}bind/", own_cards.bind, name="bind"),
    path(f"{_PERSON}use/", uses.use, name="use"),
    path(f"{_PERSON}contact/", contact.contact, name="contact"),
    path(f"{_PERSON}copy/", copying.copy, name="copy"),
    path(f"{_PERSON}guardians/", guarding.guardians, name="guardians"),
    path(f"{_PERSON}number/", contact.number, name="number"),
    path(f"{_PERSON}cards/<uuid:public_id>/", card_life.card, name="card"),
    path(f"{_PERSON}cards/<uuid:public_id>/lost/", own_cards.report_lost, name="report_lost"),
    path(_DRAFT, asking.form, name="form"),
    path(f"{_DRAFT}discard/", asking.discard, name="discard"),
    path(f"{_DRAFT}papers/", papers.papers, name="papers"),
    path(f"{_DRAFT}papers/<uuid:document>/", papers.document, name="document"),
    path(f"{_DRAFT}crop/", papers.crop, name="crop"),
    path(f"{_DRAFT}check/", submitting.check, name="check"),
    path(_CASE, case.case, name="case"),
    path(f"{_CASE}pulse/", case.pulse, name="case_pulse"),
    path(f"{_CASE}parts/<int:part_id>/supplement/", case.supplement, name="supplement"),
    path(f"{_CASE}parts/<int:part_id>/withdraw/", case.withdraw, name="withdraw"),
    path(f"{_CASE}papers/<uuid:document>/", case.document, name="case_document"),
    path("prints/next/", home.next_print, name="next_print"),
    path(_PRINT, prints.card, name="print"),
    path(f"{_PRINT}draw/", prints.draw, name="draw"),
    path(f"{_PRINT}send/", prints.send, name="send"),
    path(f"{_PRINT}spoiled/", prints.spoiled, name="spoiled"),
    path(f"{_PRINT}give-up/", prints.give_up, name="give_up"),
    path(f"{_PRINT}hand-over/", prints.hand_over, name="hand_over"),
    path(f"{_PRINT}pulse/", prints.pulse, name="print_pulse"),
    path(f"{_PRINT}crop/", prints.crop, name="print_crop"),
]
