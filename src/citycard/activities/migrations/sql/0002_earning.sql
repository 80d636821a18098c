-- Earning through an agency's own system, and draws.
SELECT 1;
