"""PipelineDP on its local backend: a row at a time in Python; tables joined beforehand."""

from read_question import serve


def load(asked):
    import pyarrow.parquet as parquet

    events = parquet.read_table(asked.events, columns=["uid", "category", "amount"])
    events = events.join(parquet.read_table(asked.members, columns=["uid", "segment"]), "uid", join_type="inner")
    keys = [events[key].to_pylist() for key in asked.keys]
    amounts = [float(amount) for amount in events["amount"].to_pylist()]
    return list(zip(events["uid"].to_pylist(), zip(*keys), amounts))


def answer(asked, rows):
    import pipeline_dp as dp

    metrics = {
        "reach": [dp.Metrics.PRIVACY_ID_COUNT],
        "reach-and-sum": [dp.Metrics.PRIVACY_ID_COUNT, dp.Metrics.SUM],
        "average": [dp.Metrics.MEAN],
        "median": [dp.Metrics.PERCENTILE(50)],
    }[asked.question]
    accountant = dp.NaiveBudgetAccountant(total_epsilon=asked.epsilon, total_delta=asked.delta)
    engine = dp.DPEngine(accountant, dp.LocalBackend())
    params = dp.AggregateParams(
        metrics=metrics,
        noise_kind=dp.NoiseKind.GAUSSIAN,
        max_partitions_contributed=asked.maxGroups,
        max_contributions_per_partition=asked.maxRowsPerGroup,
        min_value=asked.amountMin,
        max_value=asked.amountMax,
        pre_threshold=asked.minGroupSize,
    )
    extractors = dp.DataExtractors(
        privacy_id_extractor=lambda row: row[0],
        partition_extractor=lambda row: row[1],
        value_extractor=lambda row: row[2],
    )
    released = engine.aggregate(rows, params, extractors)
    accountant.compute_budgets()
    fields = {"persons": "privacy_id_count", "sum": "sum", "average": "mean", "median": "percentile_50"}
    for key, values in released:
        yield [*key, *(getattr(values, fields[measure]) for measure in asked.measures)]


serve("pipeline-dp", load, answer)
