"""Disputes: what residents say is wrong about a fare, a refusal or their points, until a second
pair of eyes has answered. It knows the number of the thing, not the thing.
"""
