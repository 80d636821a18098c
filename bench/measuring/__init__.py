"""What benchmarks share: figures, a city of their own, load generators, limits."""
