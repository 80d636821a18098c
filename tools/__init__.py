"""The project's own checks and chores; none of it is shipped."""
