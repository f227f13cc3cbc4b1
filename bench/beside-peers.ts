import { PEER_QUESTIONS } from './peers/peer-questions.ts';
import { PEERS, QUICK_PEERS } from './peers/peers.ts';
import { type PeerFigure, type PeerSilence, peerFigures } from './peers/run-peers.ts';

const ROWS = 2_000_000;
/** Enough for every group to have persons above the thresholds, and few enough for a minute. */
const QUICK_ROWS = 200_000;
const ROUNDS = 3;
const QUICK_ROUNDS = 2;
/** The slowest peer takes minutes for two million rows on two cores. */
const REPLY_MS = 600_000;

/** The same questions on peers, side by side: in a hurry one question on those that answer at once. */
export function besidePeers(isQuick: boolean): Promise<readonly (PeerFigure | PeerSilence)[]> {
  return peerFigures({
    rows: isQuick ? QUICK_ROWS : ROWS,
    roundCount: isQuick ? QUICK_ROUNDS : ROUNDS,
    peers: PEERS.filter(({ name }) => !isQuick || QUICK_PEERS.includes(name)),
    questions: PEER_QUESTIONS.filter(({ name }) => !isQuick || name === 'reach'),
    replyMs: REPLY_MS,
    tell: (row) => process.stderr.write(`${JSON.stringify(row)}\n`),
  });
}
