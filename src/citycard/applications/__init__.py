"""A resident asks for one or several services on one form; each agency decides its own part.

An application begins as a draft, is checked against the registers, and becomes parts in the queues
of the agencies. The resident sees one case; one refusal takes nothing from the other parts.
"""
