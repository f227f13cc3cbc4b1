import { describe, expect, it } from 'vitest';
import { openConnection } from './connection.ts';

const isSecure = (server: string): boolean => openConnection({ server }).credentials._isSecure();

describe('a connection', () => {
  it('speaks without TLS to loopback alone, so that a token never crosses a network in the clear', () => {
    expect(isSecure('127.0.0.1:7443')).toBe(false);
    expect(isSecure('localhost:7443')).toBe(false);
    for (const server of [
      'galley.example.com:443',
      '10.0.0.5:7443',
      'localhost.example.com:443',
      '127.0.0.1.example.com:443',
    ]) {
      expect(isSecure(server)).toBe(true);
    }
  });

  it('carries the token as a bearer, and none when there is none', () => {
    const of = (token?: string) => openConnection({ server: '127.0.0.1:1', token }).metadata().get('authorization');
    expect(of('abc')).toEqual(['Bearer abc']);
    expect(of()).toEqual([]);
  });

  it('refuses half a client certificate', () => {
    expect(() => openConnection({ server: '127.0.0.1:1', cert: 'client.pem' })).toThrow('--key');
  });
});
