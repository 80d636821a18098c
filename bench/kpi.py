"""The figures: how fast dashboards answer, what a day adds, what a full recount costs."""

from bench.measuring import kpi_days, kpi_history
from bench.measuring.figures import main

PARTS = [kpi_days.measure, kpi_history.measure]

if __name__ == "__main__":
    main("kpi", PARTS)
