import type { Instruction } from './read-instruction.ts';

/**
 * Fuel that may be charged on any path without a look at what is left: a microsecond. A model of branches is charged at
 * each, and a look at each would cost more than the branch.
 */
const MAX_UNCHECKED_UNITS = 1_000;

/** Whether a run of instructions ends behind the instruction: a branch leaves there, or can arrive. */
export function endsRun(name: string): boolean {
  switch (name) {
    case 'loop':
    case 'if':
    case 'else':
    case 'end':
    case 'br':
    case 'br_if':
    case 'br_table':
    case 'return':
    case 'unreachable':
      return true;
    default:
      return false;
  }
}

interface Frame {
  name: string;
  /** Fuel not looked at where the frame was entered. */
  atStart: number;
  /** The most of it where a branch leaves for the end of the frame. */
  atEnd: number;
}

/**
 * Follows the paths through a function, and says where they must look at the fuel that is left.
 *
 * INVARIANT: a function looks when it is entered, at each turn of a loop and after a call; between these no path is
 * charged more than the limit without a look. So a call that is out of fuel ends before it has run on for more than
 * that, and whether it has a result is decided at its end by what is left in all.
 */
export class UncheckedFuel {
  readonly #frames: Frame[] = [];
  #fuel = Number.POSITIVE_INFINITY;
  #hasCalled = false;

  /** Takes the next run of instructions; true when its charge must be followed by a look. */
  charge(fuel: number): boolean {
    const sum = this.#fuel + fuel;
    const isChecked = sum > MAX_UNCHECKED_UNITS;
    this.#fuel = isChecked ? 0 : sum;
    if (this.#hasCalled) this.#fuel = Number.POSITIVE_INFINITY;
    this.#hasCalled = false;
    return isChecked;
  }

  /** Follows an instruction, after the run that it ends has been charged. */
  pass({ kind, labels }: Instruction): void {
    switch (kind.name) {
      case 'block':
      case 'if':
      case 'loop':
        this.#frames.push({ name: kind.name, atStart: this.#fuel, atEnd: 0 });
        if (kind.name === 'loop') this.#fuel = Number.POSITIVE_INFINITY;
        return;
      case 'else':
        this.#else();
        return;
      case 'end':
        this.#end();
        return;
      case 'br_if':
        this.#branch(labels);
        return;
      case 'br':
      case 'br_table':
        this.#branch(labels);
        this.#fuel = 0;
        return;
      case 'return':
      case 'unreachable':
        this.#fuel = 0;
        return;
      case 'call':
      case 'call_indirect':
        this.#hasCalled = true;
        return;
      default:
    }
  }

  #branch(labels: readonly number[]): void {
    for (const label of labels) {
      const frame = this.#frames.at(-1 - label);
      if (frame !== undefined) frame.atEnd = Math.max(frame.atEnd, this.#fuel);
    }
  }

  #else(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    frame.name = 'else';
    frame.atEnd = Math.max(frame.atEnd, this.#fuel);
    this.#fuel = frame.atStart;
  }

  #end(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    const skipped = frame.name === 'if' ? frame.atStart : 0;
    this.#fuel = Math.max(this.#fuel, frame.atEnd, skipped);
  }
}
