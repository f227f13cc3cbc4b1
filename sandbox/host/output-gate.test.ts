import { describe, expect, it } from 'vitest';
import { chunkOfCells } from '../wire/cells.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import type { Cell, WireType } from '../wire/column-type.ts';
import { BlockGate, checkComposedColumns, checkFaults, PersonGate, RowGate } from './output-gate.ts';

const INTEGER: WireType = { kind: 'integer' };
const TEXT: WireType = { kind: 'text' };
const FAILED = expect.objectContaining({ code: 'RUN_FAILED' });
const bytesOf = (type: WireType, cells: Cell[]) => encodeColumnChunk(chunkOfCells(type, cells));

describe('the gate for rows', () => {
  it('passes what was asked for', () => {
    const gate = new RowGate([INTEGER, TEXT], 3);
    gate.accept(0, bytesOf(INTEGER, [1n, null]));
    gate.accept(1, bytesOf(TEXT, ['a', 'b']));
    gate.finish(2);
    expect(gate.rows).toEqual([
      [1n, 'a'],
      [null, 'b'],
    ]);
  });

  it.each<[string, (gate: RowGate) => void]>([
    ['another type than declared', (gate) => gate.accept(0, bytesOf(TEXT, ['1']))],
    ['another column than the next', (gate) => gate.accept(1, bytesOf(TEXT, ['1']))],
    ['a column that was not declared', (gate) => gate.accept(2, bytesOf(TEXT, ['1']))],
    ['more rows than allowed', (gate) => gate.accept(0, bytesOf(INTEGER, [1n, 2n, 3n, 4n]))],
    ['bytes that are no chunk', (gate) => gate.accept(0, Buffer.from('Could not convert string'))],
    ['a column that ends early', (gate) => gate.finish(0)],
    ['another row count than its own', (gate) => gate.finish(7)],
  ])('ends a job whose worker sends %s', (_, lie) => {
    const gate = new RowGate([INTEGER, TEXT], 3);
    if (_.includes('ends early')) gate.accept(0, bytesOf(INTEGER, [1n]));
    expect(() => {
      lie(gate);
      // Too many rows are seen when their block is whole.
      gate.accept(1, bytesOf(TEXT, ['a', 'b', 'c', 'd']));
    }).toThrow(FAILED);
    expect(gate.rows.length).toBeLessThanOrEqual(3);
  });
});

describe('the gate for persons', () => {
  it('ends a job whose worker sends nobody, or more than allowed', () => {
    const person: WireType = { kind: 'person' };
    expect(() => new PersonGate(5).accept(0, bytesOf(person, [1n, null]))).toThrow(FAILED);
    expect(() => new PersonGate(1).accept(0, bytesOf(person, [1n, 2n]))).toThrow(FAILED);
    expect(() => new PersonGate(5).accept(0, bytesOf(INTEGER, [1n]))).toThrow(FAILED);
  });
});

describe('the gate for blocks', () => {
  it('knows a whole block from one whose last column has not come', () => {
    const gate = new BlockGate([INTEGER, INTEGER]);
    gate.accept(0, bytesOf(INTEGER, [1n]));
    expect([gate.isWhole, gate.rowCount]).toEqual([false, 0]);
    gate.accept(1, bytesOf(INTEGER, [2n]));
    expect([gate.isWhole, gate.rowCount]).toEqual([true, 1]);
    expect(() => gate.accept(0, bytesOf(INTEGER, [1n])) && gate.accept(1, bytesOf(INTEGER, []))).toThrow(FAILED);
  });
});

describe('the columns of a composed table', () => {
  it('may not be persons, nameless heaps or endless names', () => {
    expect(() => checkComposedColumns([{ name: 'p', kind: 'person' }])).toThrow(FAILED);
    expect(() => checkComposedColumns([])).toThrow(FAILED);
    expect(() => checkComposedColumns(new Array(2000).fill({ name: 'n', kind: 'integer' }))).toThrow(FAILED);
    expect(() => checkComposedColumns([{ name: 'n'.repeat(2000), kind: 'integer' }])).toThrow(FAILED);
  });
});

describe('the gate for what is wrong with code', () => {
  const fault = { rule: 'name-not-known', line: 1, column: 2, subject: "f0 _.$()-'" } as const;

  it('passes faults in plain words, and none as leave', () => {
    expect(checkFaults([fault])).toEqual({ ok: false, faults: [fault] });
    expect(checkFaults([])).toEqual({ ok: true });
  });

  it.each([
    ['more than a screenful', Array(51).fill(fault)],
    ['a subject longer than a name', [{ ...fault, subject: 'a'.repeat(81) }]],
    ['a subject that a terminal obeys', [{ ...fault, subject: '\u001b[2J' }]],
    ['a subject in letters that look like others', [{ ...fault, subject: 'f\u0435tch' }]],
  ])('fails %s', (_, faults) => {
    expect(() => checkFaults(faults)).toThrow(FAILED);
  });
});
