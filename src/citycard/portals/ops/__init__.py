"""The operators' door: what is wrong right now, what waits, and the city's figures."""
