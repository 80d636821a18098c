-- A generation begins and stays; what is announced is ordered by it.
REVOKE UPDATE, DELETE, TRUNCATE ON infra_generation FROM citycard_app;
