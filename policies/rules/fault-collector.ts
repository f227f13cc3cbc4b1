import type { RulesFault } from './rules.ts';

/** Reads an untrusted document field by field and collects every fault, each with its path. */
export class FaultCollector {
  readonly faults: RulesFault[] = [];

  /** Notes a fault. */
  fault(path: string, message: string): void {
    this.faults.push({ path, message });
  }

  /** A value as an object with no other than the known fields. */
  fields(value: unknown, path: string, known: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(path, 'must be an object');
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) this.fault(`${path}/${key}`, `is not known; the fields here are ${known.join(', ')}`);
    }
    return value as Readonly<Record<string, unknown>>;
  }

  /** A value as an object from names to anything. */
  record(value: unknown, path: string): readonly (readonly [string, unknown])[] {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(path, 'must be an object');
      return [];
    }
    return Object.entries(value);
  }

  /** A value as a finite number within bounds. */
  number(value: unknown, path: string, low: number, high: number): number {
    if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value > high) {
      this.fault(path, `must be a number from ${low} to ${high}`);
      return low;
    }
    return value;
  }

  /** A value as a whole number within bounds. */
  whole(value: unknown, path: string, low: number, high: number): number {
    if (!Number.isSafeInteger(value)) {
      this.fault(path, `must be a whole number from ${low} to ${high}`);
      return low;
    }
    return this.number(value, path, low, high);
  }

  /** A value as a list of distinct texts. */
  texts(value: unknown, path: string): readonly string[] {
    if (value === undefined) return [];
    if (!Array.isArray(value) || value.some((v) => typeof v !== 'string')) {
      this.fault(path, 'must be a list of texts');
      return [];
    }
    if (new Set(value).size !== value.length) this.fault(path, 'names something twice');
    return value as string[];
  }
}
