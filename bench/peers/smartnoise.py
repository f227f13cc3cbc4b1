"""SmartNoise SQL: over SQLite loaded once, or over a pandas table that it loads into SQLite at every question."""

import sqlite3
import warnings

from read_question import CannotAnswer, joined_pandas, serve

warnings.filterwarnings("ignore")

SQL = {
    "reach": "SELECT category, COUNT(DISTINCT uid) AS persons FROM bench.rows GROUP BY category",
    "reach-and-sum": "SELECT segment, category, COUNT(DISTINCT uid) AS persons, SUM(amount) AS amount "
    "FROM bench.rows GROUP BY segment, category",
    "average": "SELECT category, AVG(amount) AS amount FROM bench.rows GROUP BY category",
}
# What the library itself draws for each: a count of persons, and what it takes for a sum or an average.
NOISY_COLUMNS = {"reach": 1, "reach-and-sum": 2, "average": 3}


def load(asked):
    if asked.question not in SQL:
        raise CannotAnswer("its SQL has no quantiles")
    rows = joined_pandas(asked)
    if asked.reader == "pandas":
        return rows
    connection = sqlite3.connect(":memory:")
    connection.execute("ATTACH ':memory:' AS bench")
    columns = list(rows.columns)
    connection.execute(f"CREATE TABLE bench.rows ({', '.join(columns)})")
    places = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO bench.rows VALUES ({places})", rows.itertuples(index=False))
    return connection


def answer(asked, data):
    import snsql

    # It spends its epsilon on every noisy column anew; the question as a whole may spend what ours may.
    columns = NOISY_COLUMNS[asked.question]
    privacy = snsql.Privacy(epsilon=asked.epsilon / columns, delta=asked.delta)
    reader = snsql.from_connection(data, engine=asked.reader, privacy=privacy, metadata=metadata_of(asked))
    return reader.execute(SQL[asked.question])[1:]


def metadata_of(asked):
    amount = {"name": "amount", "type": "float", "lower": asked.amountMin, "upper": asked.amountMax}
    columns = {
        "max_ids": asked.maxGroups,
        "censor_dims": True,
        "clamp_columns": True,
        "uid": {"private_id": True, "type": "string"},
        "category": {"type": "string"},
        "segment": {"type": "string"},
        "amount": amount,
    }
    return {"": {"bench": {"rows": columns}}}


serve("smartnoise-sql", load, answer)
