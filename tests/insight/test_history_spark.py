"""The same expressions on Spark give what DuckDB gives, row by row.

Spark is no dependency: this runs where somebody installed ``pyspark`` (4.0.5 was tried, with Java
17) beside the city, and is skipped with this sentence elsewhere.
"""

import datetime as dt
import itertools

import numpy as np
import pytest

from citycard.insight.history_counting import measure
from citycard.insight.visits import number_of

MONTHS = [dt.date(2016, 2, 1), dt.date(2016, 3, 1), dt.date(2016, 4, 1)]
TAPS = 4_000


@pytest.fixture
def spark():
    reason = "pyspark is not installed: the same expressions on Spark were not tried"
    sql = pytest.importorskip("pyspark.sql", reason=reason)
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g")
        # looking for common parts of the interval's long sum takes longer than the sum
        .config("spark.sql.subexpressionElimination.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    yield session
    session.stop()


def write(path, month, seed):
    """Write a month of taps as the house does."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    chance = np.random.default_rng(seed)
    service = chance.integers(0, 3, TAPS)
    days = (month - dt.date(1970, 1, 1)).days + chance.integers(0, 29, TAPS)
    who = chance.integers(-(2**63), 2**63 - 1, 300)[chance.integers(0, 300, TAPS)]
    table = pa.table(
        {
            "day": pa.array(days.astype(np.int32)).cast(pa.date32()),
            "service": [f"service-{n}" for n in service],
            "agency": [f"agency-{n}" for n in service + chance.integers(0, 2, TAPS)],
            "place": [f"place-{n}" for n in chance.integers(0, 9, TAPS)],
            "pseudonym": pa.array(who + service, mask=chance.random(TAPS) < 0.01),
            "served": chance.random(TAPS) < 0.9,
        }
    )
    pq.write_table(table, path, compression="zstd")


def counted(engine, directory, keep):
    months = {
        number_of(month): engine.read_parquet(str(directory / f"{month:%Y-%m}.parquet"))
        for month in MONTHS
    }
    return [
        sorted(tuple(row.values()) for row in found.to_pyarrow().to_pylist())
        for found in measure(months, by_agency=True, keep=keep)
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
# Spark's own client leaves sockets to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_counts_what_duckdb_counts(spark, tmp_path):
    import ibis

    for seed, month in enumerate(MONTHS):
        write(tmp_path / f"{month:%Y-%m}.parquet", month, seed)
    duckdb, on_spark = ibis.duckdb.connect(), ibis.pyspark.connect(spark)
    names = (f"kept_{n}" for n in itertools.count())
    by_duckdb = counted(duckdb, tmp_path, lambda it: duckdb.create_table(next(names), it))
    by_spark = counted(on_spark, tmp_path, lambda it: it.cache())
    assert [len(it) for it in by_duckdb] == [len(it) for it in by_spark]
    assert by_duckdb == by_spark
    assert all(by_duckdb)
