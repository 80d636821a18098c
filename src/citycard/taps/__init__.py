"""Taps: what readers saw. Each is taken once, judged once, and kept with its answer."""
