"""Activities: an agency gives points for taking part, within a budget and fair shares.

A campaign says what a tap gives, how much a person may get in all and a day, at which readers, and
from when to when. Points come out of the campaign's own fund in the ledger, so what the lists say
is what was paid.
"""
