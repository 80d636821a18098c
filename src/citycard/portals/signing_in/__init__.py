"""Signing in and out: residents by e-mail code or citizen certificate, staff by password and
one-time code.

In a demo city, and only there, the pages offer ready personas.
"""
