"""The card company: HTTP for a real one, a demo with its own book, one that is not there."""
