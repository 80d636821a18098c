"""Inbound doors: how residents, staff, machines and operators come in. One package a door."""
