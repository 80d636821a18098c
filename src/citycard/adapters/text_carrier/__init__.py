"""Mobile carriers' gateways for text messages, behind ``TextCarrier`` of notify."""
