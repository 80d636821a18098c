"""Addresses of the kiosk's door; all but the greeting are for kiosks' keys alone."""

from django.urls import path

from citycard.portals.kiosk import answers, journal, screens, tills

app_name = "kiosk"
urlpatterns = [
    path("", screens.about, name="about"),
    path("screen", screens.screen, name="screen"),
    path("api/hello", answers.hello, name="hello"),
    path("api/card", answers.card, name="card"),
    path("api/reserve", answers.reserve, name="reserve"),
    path("api/writing", answers.writing, name="writing"),
    path("api/settle", answers.settle, name="settle"),
    path("api/release", answers.release, name="release"),
    path("api/journal", journal.journal, name="journal"),
    path("api/pay", tills.pay, name="pay"),
    path("api/refund", tills.refund, name="refund"),
    path("api/redemption/<uuid:key>", answers.redemption, name="redemption"),
]
