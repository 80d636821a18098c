"""Blank cards become residents' cards: stock, preview, print, hand over, and the name to the card
company.

Every blank is accounted for from delivery to its end. What the preview shows is what is printed, to
the pixel. A printer's fault spoils the blank and never makes a second live card.
"""
