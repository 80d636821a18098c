"""Addresses for agencies' systems, and the public proofs of draws."""

from django.urls import path

from citycard.portals.openapi import describing, earnings, visits

app_name = "openapi"
urlpatterns = [
    path("openapi.json", describing.document, name="document"),
    path("v1/campaigns", earnings.campaigns, name="campaigns"),
    path("v1/earnings", earnings.earnings, name="earnings"),
    path("v1/visits", visits.entries, name="visits"),
    path("v1/visits/price", visits.price, name="visit_price"),
    path("v1/visits/first-days", visits.first_days, name="visit_first_days"),
]
