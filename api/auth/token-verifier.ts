import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Config } from '../config/index.ts';
import { readPrincipal, requiredClaims } from './claims.ts';
import { openKeyFile } from './key-file.ts';
import { localIssuerTrust } from './local-trust.ts';
import type { Principal } from './principal.ts';
import { KeysUnavailable, type TokenRefusal, TokenRefused } from './token-refused.ts';

/** Turns a bearer token into a principal. */
export type TokenVerifier = {
  /**
   * @throws {TokenRefused} with one of the closed reasons
   * @throws {KeysUnavailable} when the issuer's keys cannot be had
   */
  readonly verify: (token: string) => Promise<Principal>;
};

/** What the tests set; nobody else has a reason to. */
export type VerifierOptions = {
  /** The clock. */
  readonly now?: () => Date;
  /** The least time between two fetches of a remote key set for an unknown key. */
  readonly refetchPauseMs?: number;
};

/** The longest token looked at: thirty times a common one, so that parsing cannot be made the attack. */
const MAX_TOKEN_CHARS = 16_384;

/** How far the issuer's clock may be off: machines kept by NTP differ by less. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** The pause between fetches for unknown keys, so that a flood of made-up key ids does not flood the issuer. */
const DEFAULT_REFETCH_PAUSE_MS = 30_000;

/** How old a remote key set may be; a key removed by the issuer stops working within this time. */
const MAX_KEY_SET_AGE_MS = 300_000;

/** How long the issuer may take to answer; callers wait meanwhile. */
const MAX_FETCH_MS = 5_000;

/** The media type of access tokens (RFC 9068). Without it an identity token of the same issuer would pass. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * Opens the verifier of the configured issuer, embedded or real: the same checks, on keys from a file or an address.
 */
export function openTokenVerifier(
  config: Pick<Config, 'dataDirectory' | 'issuer'>,
  options: VerifierOptions = {},
): TokenVerifier {
  const trust = config.issuer.kind === 'local' ? localIssuerTrust(config.dataDirectory) : config.issuer;
  const findKey = trust.jwks.startsWith('/')
    ? openKeyFile(trust.jwks)
    : openRemoteKeys(trust.jwks, options.refetchPauseMs ?? DEFAULT_REFETCH_PAUSE_MS);
  const checks = {
    issuer: trust.issuer,
    audience: trust.audience,
    algorithms: [...trust.algorithms],
    typ: ACCESS_TOKEN_TYPE,
    requiredClaims,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  };
  return {
    verify: async (token) => {
      if (token.length > MAX_TOKEN_CHARS) throw new TokenRefused('malformed');
      const currentDate = options.now?.() ?? new Date();
      const verified = await jwtVerify(token, findKey, { ...checks, currentDate }).catch((error: unknown) => {
        throw refusalOf(error);
      });
      return readPrincipal(verified.payload);
    },
  };
}

function openRemoteKeys(address: string, refetchPauseMs: number): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(address), {
    cooldownDuration: refetchPauseMs,
    cacheMaxAge: MAX_KEY_SET_AGE_MS,
    timeoutDuration: MAX_FETCH_MS,
  });
}

// The order is the order of the checks; a foreign error is the issuer's or the disk's failure, never the caller's.
function refusalOf(error: unknown): TokenRefused | KeysUnavailable {
  if (error instanceof errors.JWTExpired) return new TokenRefused('expired');
  if (error instanceof errors.JWTClaimValidationFailed) return new TokenRefused(claimRefusal(error));
  if (error instanceof errors.JOSEAlgNotAllowed) return new TokenRefused('algorithm');
  if (error instanceof errors.JOSENotSupported) return new TokenRefused('algorithm');
  if (error instanceof errors.JWKSNoMatchingKey) return new TokenRefused('unknown-key');
  if (error instanceof errors.JWKSMultipleMatchingKeys) return new TokenRefused('unknown-key');
  if (error instanceof errors.JWSSignatureVerificationFailed) return new TokenRefused('signature');
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return new TokenRefused('malformed');
  return new KeysUnavailable(error);
}

function claimRefusal(error: errors.JWTClaimValidationFailed): TokenRefusal {
  if (error.reason === 'missing') return 'missing-claim';
  if (error.claim === 'typ') return 'type';
  if (error.claim === 'iss') return 'issuer';
  if (error.claim === 'aud') return 'audience';
  if (error.claim === 'nbf') return 'not-yet-valid';
  return 'bad-claim';
}
