import type { Choices } from './choices.ts';
import { hostileTokens } from './hostile-tokens.ts';

/** A text as its tokens; joined they are the text. */
export type Tokens = readonly string[];

/** Splits a text into words, numbers, quoted parts, spaces and single signs: nothing of it is lost. */
export function tokensOf(sql: string): Tokens {
  return sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?|\s+|./gsu) ?? [];
}

type Mutation = (tokens: string[], choices: Choices, corpus: readonly Tokens[]) => void;

const at = (tokens: readonly string[], choices: Choices): number => choices.below(tokens.length + 1);
const run = (tokens: readonly string[], choices: Choices): readonly [number, number] => {
  const from = choices.below(Math.max(1, tokens.length));
  return [from, Math.min(tokens.length - from, 1 + choices.below(8))];
};

/** Ways to spoil a text; each changes the tokens in place. */
const mutations: readonly Mutation[] = [
  (tokens, choices) => void tokens.splice(...run(tokens, choices)),
  (tokens, choices) => {
    const [from, length] = run(tokens, choices);
    tokens.splice(from, 0, ...tokens.slice(from, from + length));
  },
  (tokens, choices) => {
    const [a, b] = [choices.below(Math.max(1, tokens.length)), choices.below(Math.max(1, tokens.length))];
    const [x, y] = [tokens[a] ?? '', tokens[b] ?? ''];
    tokens[a] = y;
    tokens[b] = x;
  },
  (tokens, choices) => void tokens.splice(at(tokens, choices), 0, ` ${choices.of(hostileTokens)} `),
  (tokens, choices) => {
    tokens[choices.below(Math.max(1, tokens.length))] = choices.of(hostileTokens);
  },
  (tokens, choices, corpus) => {
    const other = choices.of(corpus);
    const [from, length] = run(other, choices);
    tokens.splice(at(tokens, choices), choices.below(3), ...other.slice(from, from + length * 3));
  },
  (tokens, choices) => {
    const [from, length] = run(tokens, choices);
    const [open, close] = choices.of(wrappings);
    const times = choices.onceIn(20) ? 1 + choices.below(200) : 1 + choices.below(3);
    const inner = tokens.slice(from, from + length).join('');
    tokens.splice(from, length, open.repeat(times) + inner + close.repeat(times));
  },
  (tokens, choices) => {
    const index = choices.below(Math.max(1, tokens.length));
    const token = tokens[index] ?? '';
    tokens[index] = choices.of([
      token.toUpperCase(),
      `"${token}"`,
      `'${token}'`,
      [...token].reverse().join(''),
      `${token}${token}`,
    ]);
  },
];

const wrappings: readonly (readonly [string, string])[] = [
  ['(', ')'],
  [' not (', ')'],
  [' abs(', ')'],
  ['(select * from (', ') s)'],
  [' case when visit = 1 then ', ' end '],
  [' cast(', ' as bigint)'],
  [' clamp(', ', 0, 10)'],
  [' sum(', ')'],
  [' exists (', ')'],
  [' [', ']'],
  [' count(distinct ', ')'],
  [' coalesce(', ', 0)'],
];

/** A golden question, spoiled one to five times. */
export function mutatedSql(choices: Choices, corpus: readonly Tokens[]): string {
  const tokens = [...choices.of(corpus)];
  const times = 1 + choices.below(5);
  for (let time = 0; time < times; time += 1) choices.of(mutations)(tokens, choices, corpus);
  return tokens.join('');
}
