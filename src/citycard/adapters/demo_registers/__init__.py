"""The invented registers of a demo city: a small database of their own, apart from the city's."""
