"""The kiosk's door: what a kiosk's agent asks, and the screens that it shows.

A kiosk is a small program beside the card writer (``clients/kiosk``). It authenticates as a
device, keeps its own journal, and has its screens rendered here, so that a kiosk without news from
us knows no more than its last card. No key ever reaches the page that people touch.
"""
