"""OpenDP over Polars: persons bounded by truncation, groups selected by a threshold; tables joined beforehand."""

from read_question import CannotAnswer, serve

# It sums floats only where the size of the data is public; whole cents need no such fact.
CENTS = 100
# It asks for a public bound on the rows of a group, to exclude an overflow.
MOST_ROWS = 1_000_000_000


def load(asked):
    import polars as pl

    if asked.question == "median":
        raise CannotAnswer("it finds quantiles within groups only where the keys are public")
    events = pl.read_parquet(asked.events, columns=["uid", "category", "amount"])
    events = events.with_columns(amount=(pl.col("amount").cast(pl.Float64) * CENTS).round().cast(pl.Int64))
    return events.join(pl.read_parquet(asked.members, columns=["uid", "segment"]), on="uid").lazy()


def answer(asked, data):
    import opendp.prelude as dp
    import polars as pl

    dp.enable_features("contrib")
    context = dp.Context.compositor(
        data=data,
        privacy_unit=dp.unit_of(contributions=1, identifier=pl.col("uid")),
        privacy_loss=dp.loss_of(epsilon=asked.epsilon, delta=asked.delta),
        split_evenly_over=1,
        margins=[dp.polars.Margin(by=asked.keys, max_length=MOST_ROWS)],
    )
    kept = context.query().truncate_per_group(asked.maxRowsPerGroup, by=asked.keys)
    # A sample of groups (truncate_num_groups) fails in this version; of rows there are then no more than groups.
    kept = kept.truncate_per_group(asked.maxGroups * asked.maxRowsPerGroup)
    bounds = (int(asked.amountMin * CENTS), int(asked.amountMax * CENTS))
    measures = [dp.len().alias("persons")]
    if asked.question != "reach":
        measures.append(pl.col("amount").fill_null(0).dp.sum(bounds).alias("sum"))
    released = kept.group_by(asked.keys).agg(*measures).release().collect()
    for row in released.iter_rows(named=True):
        keys = [row[key] for key in asked.keys]
        if asked.question == "average":
            yield [*keys, row["sum"] / CENTS / row["persons"] if row["persons"] > 0 else None]
        elif asked.question == "reach":
            yield [*keys, row["persons"]]
        else:
            yield [*keys, row["persons"], row["sum"] / CENTS]


serve("opendp", load, answer)
