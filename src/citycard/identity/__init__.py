"""Accounts: how somebody signs in, how sure we are of who they are, and the sessions that follow.

A resident signs in by an e-mail code, or by a citizen certificate; staff by user name, password
and a
one-time code. Whoever they turn out to be becomes a ``kernel.Actor`` at the doors.
"""
