"""Redemptions: points become stored value on a card, at most once, whatever loses its power.

A session is reserved (points held), writing (the card may be touched), then settled or released.
Only a reservation ends by the clock; a writing ends by evidence alone: what the kiosk reports,
what the card's own counter says when it is next presented, or an officer with a reason.
"""
