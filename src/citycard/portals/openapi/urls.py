"""Addresses for agencies' systems, and the public proofs of draws."""

from django.urls import path

from citycard.portals.openapi import describing, earnings

app_name = "openapi"
urlpatterns = [
    path("openapi.json", describing.document, name="document"),
    path("v1/campaigns", earnings.campaigns, name="campaigns"),
    path("v1/earnings", earnings.earnings, name="earnings"),
]
