"""Taiwan's formats: ID numbers, years of the Republic, card numbers, and how names are written."""
