"""What every peer's script shares: it reads one question, loads the data once and answers whenever it is asked.

Standard input: first a line of JSON, the question with its bounds; then a line for each run. Standard output: a line of
JSON for the loading and one for each run. The harness asks us and a peer in turn, so that a machine that slows down
slows both. Whatever a library prints goes to standard error.
"""

import json
import os
import sys
import time
from importlib.metadata import version
from types import SimpleNamespace

# A question's keys and what it measures; all are over events of persons whom the members' table names too.
QUESTIONS = {
    "reach": (["category"], ["persons"]),
    "reach-and-sum": (["segment", "category"], ["persons", "sum"]),
    "average": (["category"], ["average"]),
    "median": (["category"], ["median"]),
}


class CannotAnswer(Exception):
    """A peer that cannot answer a question says why: a row of the table, and not a silence."""


def serve(package, load, answer):
    """Loads with `load(asked)`, then calls `answer(asked, loaded)` for each line of standard input.

    `answer` gives the groups as rows: the keys, then what the question measures.
    """
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.readline())
    keys, measures = QUESTIONS[asked["question"]]
    asked = SimpleNamespace(**asked, keys=keys, measures=measures)

    def reply(**fields):
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    try:
        began = time.perf_counter()
        loaded = load(asked)
        reply(version=version(package), loadSeconds=time.perf_counter() - began)
        for _ in sys.stdin:
            began = time.perf_counter()
            rows = list(answer(asked, loaded))
            seconds = time.perf_counter() - began
            groups = [group_of(asked, row) for row in rows]
            reply(seconds=seconds, peakMemoryMib=peak_memory_mib(os.getpid()), groups=groups)
    except CannotAnswer as reason:
        reply(version=version(package), why=str(reason))


def group_of(asked, row):
    """A row of the answer under the names of the protocol."""
    row = list(row)
    values = dict(zip(asked.measures, row[len(asked.keys) :], strict=True))
    return {"key": [str(key) for key in row[: len(asked.keys)]]} | {
        name: None if value is None else float(value) for name, value in values.items()
    }


def peak_memory_mib(process):
    """The most memory that a process and its children have had: Spark's engine is a child."""
    try:
        return own_peak_mib(process) + sum(peak_memory_mib(child) for child in children_of(process))
    except (FileNotFoundError, ProcessLookupError):
        # It has ended since it was listed.
        return 0


def own_peak_mib(process):
    with open(f"/proc/{process}/status") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0)


def children_of(process):
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            with open(f"/proc/{process}/task/{thread}/children") as listed:
                yield from listed.read().split()
        except FileNotFoundError:
            # A thread that has ended has no children: they are another's now.
            continue


def joined_pandas(asked):
    """The joined rows in pandas, for a peer that cannot join."""
    import pandas

    events = pandas.read_parquet(asked.events, columns=["uid", "category", "amount"])
    events["amount"] = events["amount"].astype(float)
    return events.merge(pandas.read_parquet(asked.members, columns=["uid", "segment"]), on="uid")
