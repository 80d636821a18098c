"""Fares: what a ride costs this person, and who pays the rest.

A city's tariffs and concessions are data (``citypacks/<city>/fares.yaml``), compiled once to a book
of columns. Rides are priced a person-month at a time: the whole fare, each concession with the fund
that pays it, what the person owes in points, stored value and cash, and why.
"""
