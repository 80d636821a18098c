"""One of the programs that decide a month for the benchmark: its share of the riders, in parts."""

import datetime as dt
import json
import sys
import time


def main() -> None:
    """Take orders from stdin, say ``ready``, work when told to, and tell what was done."""
    import django

    django.setup()
    from citycard.flows import riding
    from citycard.infra.unit_of_work import unit_of_work

    orders = json.loads(sys.stdin.readline())
    month = dt.date.fromisoformat(orders["month"])
    now = dt.datetime.fromisoformat(orders["now"])
    riders = orders["riders"]
    with unit_of_work():
        riding.decide(months=[(month, 0)], now=now)  # reads the pack and connects
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began, cpu, rides = time.perf_counter(), time.process_time(), 0
    for first in range(0, len(riders), orders["part"]):
        part = riders[first : first + orders["part"]]
        with unit_of_work():
            [done] = riding.decide(months=[(month, rider) for rider in part], now=now)
        rides += done.rides
    told = {
        "rides": rides,
        "s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
