"""Cards: what residents hold, the numbers on them, their life, and whose they are."""
