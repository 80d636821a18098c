"""Posting signed messages to agencies' systems."""
