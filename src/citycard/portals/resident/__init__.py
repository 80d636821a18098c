"""The resident's door: phone first. The card, services, messages, and what the city knows of me."""
