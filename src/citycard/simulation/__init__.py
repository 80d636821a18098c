"""A synthetic city that lives through the doors and faces: demo data, replay, fault tests.

Its people are drawn from the real register figures that a pack carries; nobody in it exists.
"""
