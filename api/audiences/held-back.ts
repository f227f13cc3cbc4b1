/** Every reason why a publication that was accepted is not sent for now; none depends on a person. */
export type HeldBackReason =
  | 'collaboration-suspended'
  | 'rights-ended'
  | 'owner-has-not-accepted'
  | 'rules-refuse'
  | 'snapshot-is-gone'
  | 'definition-is-erased';

/** Thrown when what held at the acceptance of a publication holds no longer. The requester is not told. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack';
  readonly reason: HeldBackReason;

  constructor(reason: HeldBackReason) {
    super(`held back: ${reason}`);
    this.reason = reason;
  }
}
