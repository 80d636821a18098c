"""The top of the house: settings, addresses, wiring of adapters and reactions, the command."""
