"""Libraries' own systems (integrated library systems), spoken to in SIP2."""
