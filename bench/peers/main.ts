// `node bench/peers/main.ts`: the same questions on peers, side by side.
import { parseArgs } from 'node:util';
import { PEER_QUESTIONS } from './peer-questions.ts';
import { PEERS, QUICK_PEERS } from './peers.ts';
import { printPeers } from './print-peers.ts';
import { dropPeers, peerFigures } from './run-peers.ts';

const ROWS = 2_000_000;
/** Enough for every group to have persons above the thresholds, and few enough for a minute. */
const QUICK_ROWS = 200_000;
const ROUNDS = 3;
const QUICK_ROUNDS = 2;
/** The slowest peer takes minutes for two million rows on two cores. */
const REPLY_MS = 600_000;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    drop: { type: 'boolean', default: false },
    rows: { type: 'string' },
    rounds: { type: 'string' },
    peer: { type: 'string', multiple: true },
    question: { type: 'string', multiple: true },
  },
});
const { quick, json, drop, peer: named, question: asked } = values;
if (drop) dropPeers(PEERS);
const questions = asked ?? (quick ? ['reach'] : PEER_QUESTIONS.map(({ name }) => name));
const chosen = named ?? (quick ? QUICK_PEERS : PEERS.map(({ name }) => name));
const rows = await peerFigures({
  rows: Number(values.rows ?? (quick ? QUICK_ROWS : ROWS)),
  roundCount: Number(values.rounds ?? (quick ? QUICK_ROUNDS : ROUNDS)),
  peers: PEERS.filter(({ name, script }) => chosen.some((n) => n === name || n === script)),
  questions: PEER_QUESTIONS.filter(({ name }) => questions.includes(name)),
  replyMs: REPLY_MS,
  tell: (row) => process.stderr.write(`${JSON.stringify(row)}\n`),
});
printPeers(rows);
if (json) process.stdout.write(`${JSON.stringify({ peers: rows })}\n`);
