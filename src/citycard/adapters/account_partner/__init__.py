"""Partners that credit accounts: HTTP for real ones, a demo with its own book, one not there."""
