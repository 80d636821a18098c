"""The card in the phone: codes that a screen shows and a scanner reads.

A code holds for a minute and is used once. It names no person and no card: its pseudonym is drawn
by lot, and another is drawn when the card is replaced or its holder asks for one.
"""
