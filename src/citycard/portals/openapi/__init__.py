"""The door for agencies' own systems: JSON over HTTP, each system with a key of its own.

``GET /api/openapi.json`` describes it. What a system sends comes in a batch under a key that the
system chose; sent again, it is answered the same. No answer tells whose anything is.
"""
