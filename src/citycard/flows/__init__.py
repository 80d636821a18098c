"""Stories that cross contexts: each module is one, told from its first step to its last."""
