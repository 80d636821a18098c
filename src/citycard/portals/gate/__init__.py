"""The gate: where readers upload taps and agencies' systems ask for their own member numbers.

Asynchronous at its edge only: it parses, authenticates, gathers what arrives together, and answers
after commit. One or two threads run ``flows.tapping`` on what was gathered. No SQL lives here.
"""
