"""Messages to residents: what happened to them, told once, in plain words, in the inbox and by
e-mail."""
