"""Card printers: CUPS for real ones, a demo that writes PDFs of a card's size, one that fails."""
