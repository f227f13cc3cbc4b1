import type { matching } from '../../proto/index.ts';
import type { HandlerWrappers } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { estimateMatch } from './estimate-match.ts';
import { MatchSessions } from './match-sessions.ts';
import { reportMatch } from './report-match.ts';

/** The handlers of galley.v1.MatchService. */
export function makeMatchService(
  kitchen: Kitchen,
  { unary, bothStreams }: HandlerWrappers,
): matching.MatchServiceServer {
  const sessions = new MatchSessions();
  return {
    reportMatch: unary('report-match', (request, call) => reportMatch(kitchen, call, request)),
    estimateMatch: bothStreams('estimate-match', (requests, call) => estimateMatch(kitchen, sessions, requests, call)),
  };
}
