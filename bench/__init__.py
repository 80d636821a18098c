"""Benchmarks: each figure beside a limit that was measured in the same run.

One file a benchmark: ``citycard bench`` lists them, ``citycard bench NAME`` runs one and prints a
table, ``--json`` one object, ``--full`` the large form. The last results stand in ``RESULTS.md``.
"""
