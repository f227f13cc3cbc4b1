import { parseSplitView, type ShownSplit, verifySplitView } from '../../audit/index.ts';

/** Checks a file of evidence against a log, offline. @throws {Error} when it shows nothing, with a code */
export function checkEvidence(text: string, verifierKey: string): ShownSplit {
  return verifySplitView(parseSplitView(text), verifierKey);
}
