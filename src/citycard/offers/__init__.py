"""Offers: what a card or a right opens at a venue, and for how much.

A city's offers are data (``citypacks/<city>/offers.yaml``): venues, dates, and terms by kind of
card or right. A reader learns a public code and a price class, never whose card it is. Parks that
are cut off from each other decide with what they know; when their entries come together, each
card's free day is its first one, wherever it was.
"""
