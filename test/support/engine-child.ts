// Holds DuckDB for the tests of pure rules, in a process of its own: its native code does not survive the threads that
// a mutation run makes and ends, and a crash of it should cost one answer and not a whole run of tests.
import { DuckDBInstance } from 'duckdb';
import type { EngineAnswer, EngineRequest } from './engine.ts';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();

// One after the other, in the order they were asked: a test loads a table and then asks of it.
let last: Promise<void> = Promise.resolve();
process.on('message', (request: EngineRequest) => {
  last = last.then(async () => {
    const answer = await answerTo(request);
    process.send?.(answer);
  });
});
process.on('disconnect', () => process.exit(0));

async function answerTo({ id, sql, parameters }: EngineRequest): Promise<EngineAnswer> {
  try {
    const reader = await connection.runAndReadAll(sql, [...parameters]);
    return { id, rows: reader.getRows().map((row) => row.map(asPlain)) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

// The engine's own classes (dates, decimals) do not cross; their text says the same.
function asPlain(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? String(value) : value;
}
