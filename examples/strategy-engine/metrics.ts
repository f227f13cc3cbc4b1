/** Upper ends of the classes of decision times, in seconds; the promise is 5 ms. */
const DECISION_SECONDS = [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1];

/** What the engine counts since its start. None of it names a person, and sizes of audiences are not among it. */
export class Metrics {
  readonly #counts = new Map<string, number>();
  readonly #times = DECISION_SECONDS.map(() => 0);
  #seconds = 0;

  /** Counts one more, or several. */
  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Does a decision and notes how long it took. */
  timed<Decision>(decide: () => Decision): Decision {
    const startMs = performance.now();
    const decision = decide();
    const seconds = (performance.now() - startMs) / 1000;
    this.#seconds += seconds;
    for (const [index, limit] of DECISION_SECONDS.entries()) {
      if (seconds <= limit) this.#times[index] = (this.#times[index] ?? 0) + 1;
    }
    this.count('engine_decisions_total');
    return decision;
  }

  /** All counts, as Prometheus reads them. */
  text(): string {
    const lines = [...this.#counts].sort().map(([name, count]) => `${name} ${count}`);
    const total = this.#counts.get('engine_decisions_total') ?? 0;
    const times = DECISION_SECONDS.map((limit, i) => `engine_decision_seconds_bucket{le="${limit}"} ${this.#times[i]}`);
    const rest = [
      `engine_decision_seconds_bucket{le="+Inf"} ${total}`,
      `engine_decision_seconds_sum ${this.#seconds}`,
      `engine_decision_seconds_count ${total}`,
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    ];
    return `${[...lines, ...times, ...rest].join('\n')}\n`;
  }
}
