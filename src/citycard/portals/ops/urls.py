"""The operators' addresses."""

from django.urls import path

from citycard.portals.ops import (
    accesses,
    feeds,
    figures,
    home,
    letters,
    losses,
    names,
    proofs,
    readers,
    redemptions,
    staff,
    staff_entry,
)

app_name = "ops"

urlpatterns = [
    path("", home.home, name="home"),
    path("subscribers/<str:name>/", home.restart, name="restart"),
    path("registers/", home.switch, name="switch"),
    path("feeds/", feeds.feeds, name="feeds"),
    path("feeds/upload/", feeds.upload, name="feed_upload"),
    path("letters/", letters.letters, name="letters"),
    path("letters/retry/", letters.retry, name="retry"),
    path("names/", names.names, name="names"),
    path("names/again/", names.send_again, name="names_again"),
    path("staff/", staff.staff, name="staff"),
    path("staff/add/", staff_entry.add, name="staff_add"),
    path("staff/<int:staff_id>/renew/", staff_entry.renew, name="staff_renew"),
    path("staff/<int:staff_id>/", staff.person, name="staff_person"),
    path("losses/", losses.losses, name="losses"),
    path("losses/<int:card_id>/", losses.loss, name="loss"),
    path("readers/", readers.readers, name="readers"),
    path("readers/readers.csv", readers.readers_csv, name="readers_csv"),
    path("readers/<int:device_id>/", readers.reader, name="reader"),
    path("redemptions/", redemptions.open_redemptions, name="redemptions"),
    path("redemptions/<int:session_id>/", redemptions.decide, name="redemption"),
    path("accesses/", accesses.accesses, name="accesses"),
    path("proofs/", proofs.proofs, name="proofs"),
    path("proofs/run/", proofs.ask, name="prove"),
    path("figures/", figures.figures, name="figures"),
    path("figures/city.csv", figures.figures_file, {"ending": "csv"}, name="figures_csv"),
    path(
        "figures/city.parquet", figures.figures_file, {"ending": "parquet"}, name="figures_parquet"
    ),
]
