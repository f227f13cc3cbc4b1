import { type ByteReader, RefusedModule } from './byte-reader.ts';
import { MAX_FUNCTIONS_COUNT, MAX_LOCALS_COUNT, MAX_NESTING_DEPTH } from './limits.ts';
import { type FunctionBody, type Module, readValueType } from './module.ts';
import { readInstruction } from './read-instruction.ts';

/** Reads the bodies of all functions. */
export function readCodeSection(reader: ByteReader, module: Module): void {
  const { at } = reader;
  const count = reader.count(MAX_FUNCTIONS_COUNT, 'functions');
  if (count !== module.functions.length) throw new RefusedModule('not-this-language', at, 'code without functions');
  for (let index = 0; index < count; index += 1) module.bodies.push(readBody(reader.part(reader.u32()), module));
}

function readBody(reader: ByteReader, module: Module): FunctionBody {
  const locals = readLocals(reader);
  const codeStart = reader.at;
  let depth = 1;
  while (depth > 0) {
    const { kind, at } = readInstruction(reader);
    if (kind.immediate === 'block') depth += 1;
    if (kind.name === 'end') depth -= 1;
    if (kind.name === 'memory.grow') module.growsMemory = true;
    if (depth > MAX_NESTING_DEPTH) throw new RefusedModule('too-large', at, 'blocks inside one another');
  }
  if (!reader.isAtEnd) throw new RefusedModule('not-this-language', reader.at, 'instructions after the end');
  return { locals, codeStart, end: reader.end };
}

// A run of locals is a few bytes however many it declares.
function readLocals(reader: ByteReader): FunctionBody['locals'] {
  const { at } = reader;
  const runs: { count: number; type: FunctionBody['locals'][number]['type'] }[] = [];
  const runCount = reader.count(MAX_LOCALS_COUNT, 'locals');
  let total = 0;
  for (let index = 0; index < runCount; index += 1) {
    const count = reader.u32();
    total += count;
    if (total > MAX_LOCALS_COUNT) throw new RefusedModule('too-large', at, 'locals');
    runs.push({ count, type: readValueType(reader) });
  }
  return runs;
}
