"""Addresses for agencies' systems, and the public proofs of draws."""

from django.urls import path

from citycard.portals.openapi import (
    cards,
    describing,
    earnings,
    eligibility,
    own_numbers,
    tap_uploads,
    tokens,
    visits,
)

app_name = "openapi"
urlpatterns = [
    path("openapi.json", describing.document, name="document"),
    path("v1/keys", tokens.keys, name="keys"),
    path("v1/eligibility", eligibility.eligibility, name="eligibility"),
    path("v1/conversions", cards.conversions, name="conversions"),
    path("v1/verifications", cards.verifications, name="verifications"),
    path("v1/taps", tap_uploads.uploads, name="taps"),
    path("v1/numbers", own_numbers.link, name="numbers"),
    path("v1/numbers/removals", own_numbers.remove, name="number_removals"),
    path("v1/campaigns", earnings.campaigns, name="campaigns"),
    path("v1/earnings", earnings.earnings, name="earnings"),
    path("v1/visits", visits.entries, name="visits"),
    path("v1/visits/price", visits.price, name="visit_price"),
    path("v1/visits/first-days", visits.first_days, name="visit_first_days"),
]
