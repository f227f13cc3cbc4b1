"""Qrlew: it prints the protected question as SQL, and DuckDB runs it over the tables loaded once."""

from read_question import CannotAnswer, serve

JOINED = "FROM events JOIN members ON events.uid = members.uid"
SQL = {
    "reach": f"SELECT category, COUNT(DISTINCT events.uid) AS persons {JOINED} GROUP BY category",
    "reach-and-sum": f"SELECT segment, category, COUNT(DISTINCT events.uid) AS persons, SUM(amount) AS amount {JOINED} "
    "GROUP BY segment, category",
    "average": f"SELECT category, AVG(amount) AS amount {JOINED} GROUP BY category",
}


def load(asked):
    import duckdb

    if asked.question not in SQL:
        raise CannotAnswer("it has no quantiles")
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE events AS SELECT uid, category, amount::DOUBLE AS amount FROM '{asked.events}'")
    connection.execute(f"CREATE TABLE members AS SELECT uid, segment FROM '{asked.members}'")
    sizes = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("events", "members")}
    return connection, described(sizes, asked)


def described(sizes, asked):
    """The tables as the library sees them: it reads columns and sizes from a database that it knows, and no values."""
    import pyqrlew
    import sqlalchemy

    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
    columns = {"events": "uid TEXT, category TEXT, amount FLOAT", "members": "uid TEXT, segment TEXT"}
    with engine.begin() as database:
        for name, size in sizes.items():
            database.execute(sqlalchemy.text(f"CREATE TABLE {name} ({columns[name]})"))
            counted = f"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < {size})"
            database.execute(sqlalchemy.text(f"INSERT INTO {name} (uid) {counted} SELECT NULL FROM r"))
    tables = pyqrlew.Dataset.from_database("bench", engine)
    return tables.with_range(None, "events", "amount", float(asked.amountMin), float(asked.amountMax))


def answer(asked, loaded):
    connection, tables = loaded
    protected = tables.relation(SQL[asked.question]).rewrite_with_differential_privacy(
        tables,
        privacy_unit=[("events", [], "uid"), ("members", [], "uid")],
        epsilon_delta={"epsilon": float(asked.epsilon), "delta": asked.delta},
        max_multiplicity=float(asked.maxGroups * asked.maxRowsPerGroup),
        max_multiplicity_share=1.0,
        max_privacy_unit_groups=asked.maxGroups,
    )
    return connection.execute(protected.relation().to_query(None)).fetchall()


serve("pyqrlew", load, answer)
