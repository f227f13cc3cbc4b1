/** Why a token was not taken. The closed list is the whole of what anybody learns. */
export type TokenRefusal =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'unknown-key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not-yet-valid'
  | 'missing-claim'
  | 'bad-claim';

const sentences: { readonly [reason in TokenRefusal]: string } = {
  malformed: 'the token is not a signed JSON web token',
  algorithm: 'the token is signed with an algorithm that is not accepted',
  type: 'the token is not an access token of type `at+jwt`',
  'unknown-key': 'the token is signed with a key that the issuer does not publish',
  signature: 'the signature of the token is wrong',
  issuer: 'the token comes from another issuer',
  audience: 'the token is meant for another service',
  expired: 'the token has expired',
  'not-yet-valid': 'the token is not valid yet',
  'missing-claim': 'the token lacks a claim that is required',
  'bad-claim': 'the token has a claim that cannot be used',
};

/** Thrown when a token is not taken. It holds nothing of the token: what a stranger sent is not echoed. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly reason: TokenRefusal;

  constructor(reason: TokenRefusal) {
    super(sentences[reason]);
    this.reason = reason;
  }
}

/** Thrown when the issuer's keys cannot be had; nobody is let in meanwhile. `cause` is for the operator's log. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';

  constructor(cause: unknown) {
    super('the keys of the token issuer cannot be read', { cause });
  }
}
