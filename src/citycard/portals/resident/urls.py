"""The resident's addresses. No address holds a name, a number or a member's id."""

from django.urls import path

from citycard.portals.resident import (
    applying,
    cards,
    cases,
    crediting,
    disputing,
    exchanging,
    giving,
    home,
    hours,
    me,
    messages,
    offering,
    point_entry,
    points,
    rides,
    why,
)

app_name = "resident"

urlpatterns = [
    path("", home.home, name="home"),
    path("cards/<uuid:public_id>/", cards.card, name="card"),
    path("cards/<uuid:public_id>/lost/", cards.report_lost, name="report_lost"),
    path("points/", points.overview, name="points"),
    path("points/balances.json", points.balances_json, name="balances_json"),
    path("points/<slug:unit>/", points.unit, name="points_of"),
    path("points/<slug:unit>/entries/<uuid:key>/", point_entry.entry, name="point_entry"),
    path("points/<slug:unit>/exchange/<slug:code>/", exchanging.exchange, name="exchange"),
    path("points/<slug:unit>/credit/<slug:kind>/", crediting.credit, name="credit"),
    path("rides/", rides.rides, name="rides"),
    path("why/<slug:number>/", why.thing, name="why"),
    path("disputes/", disputing.list_disputes, name="disputes"),
    path("disputes/new/<slug:number>/", disputing.new, name="dispute_new"),
    path("disputes/<int:dispute_id>/withdraw/", disputing.withdraw, name="dispute_withdraw"),
    path("hours/", hours.shifts, name="shifts"),
    path("hours/give/", giving.give, name="give"),
    path("hours/<int:shift_id>/", hours.shift, name="shift"),
    path("services/", offering.list_services, name="services"),
    path("services/<slug:code>/", offering.service, name="service"),
    path("apply/", applying.begin, name="apply"),
    path("apply/<uuid:draft>/question/<slug:field>/", applying.step, name="apply_step"),
    path("apply/<uuid:draft>/papers/", applying.papers, name="apply_papers"),
    path("apply/<uuid:draft>/papers/<uuid:document>/", applying.document, name="apply_document"),
    path("apply/<uuid:draft>/check/", applying.check, name="apply_check"),
    path("cases/", cases.list_cases, name="cases"),
    path("cases/<str:ref>/", cases.case, name="case"),
    path("messages/", messages.inbox, name="messages"),
    path("me/", me.me, name="me"),
    path("me/access/", me.access_log, name="access_log"),
    path("me/consents/", me.consents, name="consents"),
]
