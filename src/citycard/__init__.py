"""CityCard: what a city runs so that every resident has one card and one login."""

__version__ = "0.1.0"
