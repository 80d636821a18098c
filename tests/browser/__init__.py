"""The story by clicking, in a real browser."""
