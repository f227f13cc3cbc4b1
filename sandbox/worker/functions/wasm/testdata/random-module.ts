// Random modules that are well-typed by construction and end by themselves. They observe no bits of a NaN: in the
// module as it was written those differ from run to run, which is why a charged module has only one of them.
import fc from 'fast-check';
import { INSTRUCTIONS, type InstructionKind } from '../instructions.ts';
import type { WrittenModule } from '../testkit/assemble.ts';

type Letter = 'i' | 'I' | 'f' | 'F';
const LETTERS: readonly Letter[] = ['i', 'I', 'f', 'F'];
const NAMES: Readonly<Record<Letter, string>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };

// Of both functions: parameters F I i, then two locals of each type, then a place for what is cleaned of NaN, then the
// counters of loops.
const LOCALS: Readonly<Record<Letter, readonly number[]>> = { i: [2, 3, 4], I: [1, 5, 6], f: [7, 8], F: [0, 9, 10] };
const CLEANED: Readonly<Record<'f' | 'F', number>> = { f: 11, F: 12 };
const FIRST_COUNTER = 13;
const LOCAL_TYPES = 'iiIIffFFfFiiii';
const GLOBALS: Readonly<Record<Letter, number>> = { i: 0, I: 1, f: 2, F: 3 };
const MAX_LOOP_DEPTH = 3;
/** An address with any offset of a test lies within the first page. */
const ADDRESS_MASK = 0x7fff;

const pure = INSTRUCTIONS.filter(
  ({ takes, gives, immediate }) => takes !== null && gives?.length === 1 && immediate === 'none',
);
const loads = INSTRUCTIONS.filter(({ name }) => name.includes('.load'));
const stores = INSTRUCTIONS.filter(({ name }) => name.includes('.store'));

const constants: Readonly<Record<Letter, fc.Arbitrary<string>>> = {
  i: fc.oneof(fc.integer({ min: -3, max: 40 }), fc.integer()).map(String),
  I: fc.oneof(fc.bigInt({ min: -3n, max: 40n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(String),
  f: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.float({ noDefaultInfinity: true })).map(String),
  F: fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noDefaultInfinity: true })).map(String),
};

const clean = (letter: 'f' | 'F', text: string): string => {
  const [place, name] = [CLEANED[letter], NAMES[letter]];
  return `${text} local.tee ${place} ${name}.const 0 local.get ${place} local.get ${place} ${name}.eq select`;
};
const observesBits = ({ name }: InstructionKind): boolean => /reinterpret_f|copysign|f..\.store/.test(name);

function apply(kind: InstructionKind, operands: readonly string[]): string {
  const given = operands.map((text, index) => {
    const letter = kind.takes?.[index];
    return observesBits(kind) && (letter === 'f' || letter === 'F') ? clean(letter, text) : text;
  });
  return `${given.join(' ')} ${kind.name}`;
}

const address = (text: string): string => `${text} i32.const ${ADDRESS_MASK} i32.and`;

function expression(letter: Letter, depth: number, callee: boolean): fc.Arbitrary<string> {
  const name = NAMES[letter];
  const leaf = fc.oneof(
    constants[letter].map((value) => `${name}.const ${value}`),
    fc.constantFrom(...LOCALS[letter]).map((local) => `local.get ${local}`),
    fc.constant(`global.get ${GLOBALS[letter]}`),
  );
  if (depth === 0) return leaf;
  const deeper = (of: Letter): fc.Arbitrary<string> => expression(of, depth - 1, callee);
  const all = (text: string): fc.Arbitrary<string[]> => fc.tuple(...[...text].map((one) => deeper(one as Letter)));
  const options = [
    leaf,
    fc
      .constantFrom(...pure.filter(({ gives }) => gives === letter))
      .chain((kind) => all(kind.takes ?? '').map((operands) => apply(kind, operands))),
    fc
      .tuple(fc.constantFrom(...loads.filter(({ gives }) => gives === letter)), deeper('i'), fc.nat(60))
      .map(([kind, at, offset]) => `${address(at)} ${kind.name} offset=${offset}`),
    all(`${letter}${letter}i`).map((parts) => `${parts.join(' ')} select`),
    all(`i${letter}${letter}`).map(([test, one, other]) => `${test} if >${letter} ${one} else ${other} end`),
    all(`${letter}i${letter}`).map(([one, test, other]) => `block >${letter} ${one} ${test} br_if 0 drop ${other} end`),
  ];
  if (callee && letter === 'F') options.push(all('FIi').map((parts) => `${parts.join(' ')} call 1`));
  if (callee && letter === 'F') {
    options.push(all('FIii').map((parts) => `${parts.join(' ')} i32.const 3 i32.and call_indirect FIi>F`));
  }
  if (letter === 'i') options.push(fc.constant('memory.size'));
  return fc.oneof(...options);
}

function statement(depth: number, loops: number, callee: boolean): fc.Arbitrary<string> {
  const value = (letter: Letter): fc.Arbitrary<string> => expression(letter, 2, callee);
  const letters = fc.constantFrom(...LETTERS);
  const simple = [
    letters.chain((letter) =>
      fc.tuple(value(letter), fc.constantFrom(...LOCALS[letter])).map(([text, to]) => `${text} local.set ${to}`),
    ),
    letters.chain((letter) => value(letter).map((text) => `${text} global.set ${GLOBALS[letter]}`)),
    fc
      .constantFrom(...stores)
      .chain((kind) =>
        fc
          .tuple(value('i'), value((kind.takes?.[1] ?? 'i') as Letter), fc.nat(60))
          .map(([at, text, offset]) => `${apply(kind, [address(at), text])} offset=${offset}`),
      ),
    fc.tuple(value('i'), value('i'), fc.nat(300)).map(([to, byte, length]) => {
      return `${address(to)} ${byte} i32.const ${length} memory.fill`;
    }),
    fc.tuple(value('i'), value('i'), fc.nat(300)).map(([to, from, length]) => {
      return `${address(to)} ${address(from)} i32.const ${length} memory.copy`;
    }),
    fc.tuple(value('i'), value('F')).map(([test, result]) => `${test} if ${result} return end`),
    fc.nat(2).map((pages) => `i32.const ${pages} memory.grow local.set 3`),
  ];
  if (depth === 0) return fc.oneof(...simple);
  const inner = statements(depth - 1, loops, callee);
  const nested = [
    fc.tuple(value('i'), inner, inner).map(([test, one, other]) => `${test} if ${one} else ${other} end`),
    fc.tuple(value('i'), inner).map(([test, one]) => `${test} if ${one} end`),
    fc.tuple(inner, value('i'), inner).map(([one, test, other]) => `block ${one} ${test} br_if 0 ${other} end`),
    fc.tuple(value('i'), inner, inner).map(([place, one, other]) => {
      return `block block block ${place} i32.const 3 i32.and br_table 0,1,2,1 end ${one} br 1 end ${other} end`;
    }),
  ];
  if (loops < MAX_LOOP_DEPTH) {
    const counter = FIRST_COUNTER + loops;
    nested.push(
      fc.tuple(fc.integer({ min: 1, max: 4 }), statements(depth - 1, loops + 1, callee)).map(([count, body]) => {
        const turn = `local.get ${counter} i32.const 1 i32.sub local.tee ${counter} br_if 0`;
        return `i32.const ${count} local.set ${counter} loop ${body} ${turn} end`;
      }),
    );
  }
  return fc.oneof({ arbitrary: fc.oneof(...simple), weight: 2 }, { arbitrary: fc.oneof(...nested), weight: 1 });
}

function statements(depth: number, loops: number, callee: boolean): fc.Arbitrary<string> {
  return fc.array(statement(depth, loops, callee), { minLength: 1, maxLength: 3 }).map((list) => list.join(' '));
}

// At the end the memory is read, so that what was written counts.
const READ_BACK = 'i32.const 0 i32.load i32.const 16384 i32.load16_s i32.add f64.convert_i32_s f64.add';

/** A module with a function `score` of type f64 i64 i32 to f64, and another that it calls. */
export function randomModule(): fc.Arbitrary<WrittenModule> {
  const code = (callee: boolean): fc.Arbitrary<string> =>
    fc.tuple(statements(2, 0, callee), expression('F', 2, callee)).map(([before, last]) => `${before} ${last}`);
  return fc.tuple(code(true), code(false), fc.uint8Array({ maxLength: 64 })).map(([one, other, bytes]) => ({
    memory: [1, 3],
    table: { size: 4, functions: [1, 1, 1] },
    globals: LETTERS.map((type) => ({ type, mutable: true, value: '7' })),
    data: [{ at: 0, bytes: [...bytes] }],
    functions: [
      { type: 'FIi>F', locals: LOCAL_TYPES, code: `${one} ${READ_BACK}`, exported: 'score' },
      { type: 'FIi>F', locals: LOCAL_TYPES, code: other },
    ],
  }));
}

/** Rows for such a module. */
export function randomRow(): fc.Arbitrary<[number, bigint, number]> {
  return fc.tuple(
    fc.oneof(fc.integer({ min: -5, max: 100 }), fc.double()),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.oneof(fc.nat(5), fc.integer()),
  );
}
