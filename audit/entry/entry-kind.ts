/**
 * The closed list of what the log can say, one line a kind.
 *
 * A name, once released, is never given another meaning: an auditor reads old entries with today's list.
 */
export const entryKinds = {
  'service-started': 'the service opened this log',
  'service-stopped': 'the service closed this log in good order',
  'configuration-changed': 'the service was started with other settings than before',
  'authentication-refused': 'a caller could not show who they are',
  'authorization-refused': 'a known caller asked for something they may not do',
  'collaboration-created': 'a collaboration was founded',
  'member-invited': 'a member was asked to join a collaboration',
  'member-accepted': 'a member joined a collaboration',
  'grant-made': 'a member gave a principal a right',
  'grant-revoked': 'a member took a right back',
  'dataset-created': 'a member declared a dataset',
  'dataset-bound': 'a dataset was bound to a collaboration',
  'rules-changed': 'an owner put a new version of their rules in force',
  'identity-rules-set': 'the creator of a collaboration said how its members tell who is one person',
  'identity-explained': 'a member had counted what the identity rules make of its own identifiers',
  'upload-refused': 'an upload was turned away and nothing of it was kept',
  'upload-begun': 'a member began to send a file',
  'upload-abandoned': 'a member threw an upload away',
  'upload-expired': 'an upload that nobody went on with was thrown away',
  'snapshot-published': 'a snapshot of a dataset became visible',
  'data-taken-out': 'an owner took their own data out',
  'persons-opted-out': 'a member recorded that persons no longer count in its data',
  'opt-outs-withdrawn': 'a member took opt-outs back',
  'person-erased': 'persons were erased from all data of a member, by identifiers that are named by keyed digests',
  'dataset-erased': 'a dataset was erased, and its activations were withdrawn',
  'member-erased': 'all that a member had brought was erased, and its activations were withdrawn',
  'function-submitted': 'code of a scoring function was kept, as a version that questions may use',
  'function-refused': 'code of a scoring function was turned away, and nothing of it was kept',
  'function-retired': 'a scoring function was ended: new questions do not find it',
  'question-explained': 'a principal asked whether a query would pass, from declared facts only',
  'question-submitted': 'a principal submitted a query or a job',
  'question-refused': 'a submitted question was denied, with every violation',
  'budget-reserved': 'privacy budget was reserved for a question',
  'question-admitted': 'a question passed every rule and may run',
  'run-failed': 'an admitted question did not finish, and its charge was kept',
  'release-made': 'a release was minted, about to leave',
  'release-reused': 'an earlier release answered the same question again, at no charge',
  'release-read': 'a principal fetched a release',
  'question-cancelled': 'a principal withdrew a question',
  'audience-defined': 'an audience was described',
  'audience-refused': 'an audience was denied, with every violation',
  'audience-estimated': 'a noisy size of an audience was released',
  'audience-activated': 'an audience was accepted for publication to a destination',
  'audience-delivered': 'a destination was sent an audience',
  'audience-revoked': 'an audience was withdrawn from its destination',
  'destination-registered': 'a place audiences may go to was registered',
  'match-reported': 'a noisy overlap of two tables was released',
  'match-begun': 'a match without showing was charged, and its first points may leave',
  'match-estimated': 'a noisy overlap of a table and a list that stayed with its owner was released',
  'match-failed': 'a match without showing did not come to its end, and its charge was kept',
  'match-refused': 'a match was denied, with every violation',
  'decision-read': 'an auditor read what a decision on a question was made from',
  'rules-read': 'a principal read rules by their digest',
  'key-rotated': 'an operator had a key replaced by a new one',
  'receipt-key-announced': 'a key came into use that signs receipts, in place of the one before it if there was one',
  'receipt-read': 'a principal fetched the receipt of a release or an activation',
  'log-read': 'a principal read entries of this log',
  'log-exported': 'a principal had entries of this log written to a file',
  'audit-granted': 'a member let an auditor read a part of this log for a time',
  'audit-grant-revoked': 'a member took such a right back',
} as const satisfies Record<string, string>;

/** One of the kinds of event the log can hold. */
export type EntryKind = keyof typeof entryKinds;

/** Tells whether a value from outside names a kind of the closed list. */
export function isEntryKind(value: unknown): value is EntryKind {
  return typeof value === 'string' && Object.hasOwn(entryKinds, value);
}
