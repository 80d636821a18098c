"""The city's ledger: every point, subsidy and hour as a move between accounts that nobody can
rewrite.

It knows account names, not people: a holder is a number. What is given comes out of a fund's
budget, what is spent names the funds that owe for it, and ``verify`` proves that every balance is
the sum of its moves.
"""
