"""What each resident may have, from when to when, and why.

A *right* belongs to a person and follows by rule from facts: age, registration, a certificate, an
approval. It is worked out when facts change, and ahead of every day on which time alone changes the
answer, so that a reader never waits for a rule.
"""
