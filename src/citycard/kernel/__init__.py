"""Plain values and rules that every room of the house shares: refusals, actors, events, periods,
ids, Taiwan's formats.

Nothing here knows Django, a database, a clock or a city.
"""
