"""Plumbing that every context uses: transactions, the journal, ports, packs, keys, jobs, the web's
design system."""
