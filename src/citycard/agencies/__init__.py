"""Who serves the city: bureaux and partners, their places and counters, their staff and what those
may do, their devices.

Agencies, places and counters come from the city pack and are brought up to date when one is
activated.
Staff and devices are the city's own.
"""
