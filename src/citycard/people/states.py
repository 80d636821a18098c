"""What a question to a register may stand on."""

GROUND_KINDS = frozenset({"consent", "law"})
