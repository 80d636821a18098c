"""Whole stories over HTTP, told sentence by sentence as the programmes' own papers tell them."""
