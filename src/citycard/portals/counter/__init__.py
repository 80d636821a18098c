"""The counter's door: a clerk with a line behind them, from the search to the card handed over."""
