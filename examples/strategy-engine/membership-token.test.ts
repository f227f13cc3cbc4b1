import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { membershipToken, normaliseEmail } from './membership-token.ts';

describe('normaliseEmail', () => {
  // The pairs of the Unified ID 2.0 documentation, "Normalization and Encoding".
  it.each([
    ['MyEmail@example.com', 'myemail@example.com'],
    ['MYEMAIL@example.com', 'myemail@example.com'],
    ['My.Email@example.com', 'my.email@example.com'],
    ['JANESAOIRSE+UID2@gmail.com', 'janesaoirse@gmail.com'],
    ['jane.saoirse@gmail.com', 'janesaoirse@gmail.com'],
    ['  ana@example.com\t', 'ana@example.com'],
    ['ana+shop@example.com', 'ana+shop@example.com'],
  ])('brings %j to %j', (written, normalised) => {
    expect(normaliseEmail(written)).toBe(normalised);
  });
});

describe('membershipToken', () => {
  it('is the first 16 bytes of the keyed hash of identifier and digest', () => {
    const key = Buffer.alloc(32, 7);
    const digest = createHash('sha256').update('ana@example.com').digest('base64');
    const hash = createHmac('sha256', key).update(`email:${digest}`).digest();
    expect(membershipToken(key, 'email', ' Ana@example.com')).toBe(hash.subarray(0, 16).toString('base64url'));
  });

  it('differs by key, so that two destinations cannot compare their members', () => {
    const tokens = [1, 2].map((fill) => membershipToken(Buffer.alloc(32, fill), 'email', 'ana@example.com'));
    expect(tokens[0]).not.toBe(tokens[1]);
  });
});
