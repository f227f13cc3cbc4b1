import { ByteReader } from './byte-reader.ts';
import { EMPTY_BLOCK } from './code-writer.ts';
import type { FunctionBody, FunctionType, Module } from './module.ts';
import { type Instruction, readInstruction } from './read-instruction.ts';

interface Frame {
  /** Height below the values that the block takes. */
  base: number;
  params: number;
  results: number;
}

/**
 * The most operands that stand on the stack of a function at once.
 *
 * Shape: exact for code that can be reached; at least that for code that cannot. The module must have been validated.
 */
export function operandHeight(module: Module, body: FunctionBody, type: FunctionType): number {
  const reader = new ByteReader(module.bytes, body.codeStart, body.end);
  const frames: Frame[] = [{ base: 0, params: 0, results: type.results.length }];
  let height = 0;
  let most = 0;
  while (!reader.isAtEnd) {
    const instruction = readInstruction(reader);
    height = heightAfter(module, instruction, height, frames);
    most = Math.max(most, height);
  }
  return most;
}

function heightAfter(module: Module, instruction: Instruction, height: number, frames: Frame[]): number {
  const { kind, index } = instruction;
  const innermost = frames.at(-1);
  if (innermost === undefined) throw new Error('a body with too many ends was validated');
  const { base } = innermost;
  // Below the base there is nothing to take but in code that cannot be reached.
  const change = (takes: number, gives: number): number => Math.max(height - takes, base) + gives;
  if (kind.takes !== null && kind.gives !== null) return change(kind.takes.length, kind.gives.length);
  switch (kind.name) {
    case 'block':
    case 'loop':
    case 'if':
      return open(module, instruction, change(kind.name === 'if' ? 1 : 0, 0), frames);
    case 'else':
      return base + innermost.params;
    case 'end':
      frames.pop();
      return base + innermost.results;
    case 'call':
      return change(...arity(module.types[module.functions[index] ?? -1]));
    case 'call_indirect':
      return change(...withPlace(arity(module.types[index])));
    case 'br_if':
    case 'drop':
    case 'local.set':
    case 'global.set':
      return change(1, 0);
    case 'select':
    case 'select_typed':
      return change(3, 1);
    case 'local.get':
    case 'global.get':
      return change(0, 1);
    case 'local.tee':
      return height;
    default:
      return base; // after a branch, a return or a trap nothing is reached
  }
}

function open(module: Module, { index, immediatesAt }: Instruction, height: number, frames: Frame[]): number {
  const isEmpty = module.bytes[immediatesAt] === EMPTY_BLOCK;
  const [params, results] = index === -1 ? [0, isEmpty ? 0 : 1] : arity(module.types[index]);
  const { base } = frames.at(-1) ?? { base: 0 };
  const inner = Math.max(height - params, base);
  frames.push({ base: inner, params, results });
  return inner + params;
}

function arity(type: FunctionType | undefined): [takes: number, gives: number] {
  if (type === undefined) throw new Error('a type that does not exist was validated');
  return [type.params.length, type.results.length];
}

// The function of an indirect call is named by its place in the table, on top of what it takes.
const withPlace = ([takes, gives]: [number, number]): [number, number] => [takes + 1, gives];
