"""Figures of the city: how often its services are used, by how many people and how regularly.

Figures are counted from what readers saw, under pseudonyms that differ from service to service,
and are shown only where enough people stand behind them.
"""
