"""Rules as data: dated values and conditions become decisions that say yes, no or unknown, and why.

Pure Python: no Django, no database, no clock. The facts of a person and the day come in, a
decision goes out.
"""
