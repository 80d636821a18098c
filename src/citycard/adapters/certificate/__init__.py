"""Citizen certificates (自然人憑證), behind ``identity.ports.CertificateVerifier``."""
