"""Outbound: what speaks to systems outside the house, one package a system, each behind a
context's port.

Every package has what is real, a ``demo`` that works without a network, and a ``failing_demo``.
"""
