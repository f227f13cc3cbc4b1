"""Tumult Analytics over Spark: both tables private, joined on the person; groups selected with the same budget."""

import os
import sys
import tempfile

from read_question import serve

# Spark starts two hundred tasks for each shuffle by default; here there are a few cores and one machine.
SPARK_OPTIONS = (
    "--master local[*] --driver-memory 8g --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=4"
)


def load(asked):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # Its intermediate tables would otherwise lie in the folder that the bench is started from.
    warehouse = f"--conf spark.sql.warehouse.dir={tempfile.mkdtemp(prefix='galley-tumult-')}"
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"{SPARK_OPTIONS} {warehouse} pyspark-shell"
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import col

    spark = SparkSession.builder.getOrCreate()
    tables = {
        "events": spark.read.parquet(asked.events).select("uid", "category", col("amount").cast("double")),
        "members": spark.read.parquet(asked.members).select("uid", "segment"),
    }
    for table in tables.values():
        table.cache().count()
    return tables


def answer(asked, tables):
    from tmlt.analytics import (
        AddRowsWithID,
        ApproxDPBudget,
        MaxGroupsPerID,
        MaxRowsPerGroupPerID,
        MaxRowsPerID,
        QueryBuilder,
        Session,
    )

    budget = ApproxDPBudget(asked.epsilon, asked.delta)
    builder = Session.Builder().with_privacy_budget(budget).with_id_space("persons")
    for name, table in tables.items():
        builder = builder.with_private_dataframe(name, table, protected_change=AddRowsWithID("uid", "persons"))
    session = builder.build()
    rows = QueryBuilder("events").join_private(QueryBuilder("members"))
    rows = rows.enforce(MaxRowsPerID(asked.maxGroups * asked.maxRowsPerGroup))
    return release(asked, session, rows, ApproxDPBudget)


def release(asked, session, rows, budget_of):
    # The groups and each measure get an even share; delta goes to the groups and, for Gaussian noise, to the measures.
    share = 1 + len(asked.measures)
    part = budget_of(asked.epsilon / share, asked.delta / share)
    groups = session.evaluate(rows.get_groups(asked.keys), part)
    from tmlt.analytics import KeySet

    keyset = KeySet.from_dataframe(groups)
    columns = {}
    for measure in asked.measures:
        grouped = rows.groupby(keyset)
        query = {
            "persons": lambda: grouped.count_distinct(["uid"], "persons"),
            "sum": lambda: grouped.sum("amount", asked.amountMin, asked.amountMax, "sum"),
            "average": lambda: grouped.average("amount", asked.amountMin, asked.amountMax, "average"),
            "median": lambda: grouped.median("amount", asked.amountMin, asked.amountMax, "median"),
        }[measure]()
        released = session.evaluate(query, part).collect()
        for row in released:
            columns.setdefault(tuple(row[key] for key in asked.keys), {})[measure] = row[measure]
    return [[*key, *(values[measure] for measure in asked.measures)] for key, values in columns.items()]


serve("tmlt-analytics", load, answer)
