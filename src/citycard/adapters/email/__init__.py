"""The city's mail relay, behind ``EmailSender`` of identity and of notify."""
