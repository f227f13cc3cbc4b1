"""DPSQL+ over DuckDB: the question in SQL; it draws a person's rows and sums up in Polars."""

from read_question import CannotAnswer, serve


def load(asked):
    import duckdb

    if asked.question == "median":
        raise CannotAnswer("it has no quantiles")
    connection = duckdb.connect()
    columns = "uid, category, amount::DOUBLE AS amount"
    connection.execute(f"CREATE TABLE events AS SELECT {columns} FROM '{asked.events}'")
    connection.execute(f"CREATE TABLE members AS SELECT uid, segment FROM '{asked.members}'")
    return connection


JOINED = (
    "WITH joined AS (SELECT e.uid, m.segment, e.category, e.amount "
    "FROM events AS e JOIN members AS m ON e.uid = m.uid) "
)
SQL = {
    "reach": "SELECT category, COUNT(DISTINCT uid) FROM joined GROUP BY category",
    "reach-and-sum": "SELECT segment, category, COUNT(DISTINCT uid), SUM(amount) "
    "FROM joined GROUP BY segment, category",
    "average": "SELECT category, COUNT(amount), SUM(amount) FROM joined GROUP BY category",
}


def answer(asked, connection):
    from dpsql.accountant import RenyiAccountant
    from dpsql.backend import DuckDBBackend
    from dpsql.dp_params import DPParams
    from dpsql.engine import Engine
    from dpsql.validator import Validator

    engine = Engine(RenyiAccountant(asked.epsilon, asked.delta), DuckDBBackend(connection), Validator())
    engine.register_database(privacy_unit_columns={"events": "uid", "members": "uid"})
    clipping = [(asked.amountMin, asked.amountMax)]
    params = DPParams(
        contribution_bound=asked.maxGroups * asked.maxRowsPerGroup,
        min_frequency=asked.minGroupSize,
        epsilon=asked.epsilon,
        delta=asked.delta,
        clipping_thresholds=[None] if asked.question == "reach" else [None, clipping],
        accountant_class=RenyiAccountant,
    )
    released = engine.execute_query(JOINED + SQL[asked.question], params)
    # Keys are the index of its table.
    for row in released.reset_index().itertuples(index=False):
        if asked.question == "average":
            key, count, amount = row
            yield [key, amount / count if count > 0 else None]
        else:
            yield list(row)


serve("dpsql", load, answer)
