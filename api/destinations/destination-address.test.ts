import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDestinationAddress, targetOf } from './destination-address.ts';

const targetFor = (text: string) => {
  const address = readDestinationAddress(text);
  return address === null ? null : targetOf(address);
};

describe('the address of a destination', () => {
  it.each([
    ['127.0.0.1:7000', 'ipv4:127.0.0.1:7000'],
    ['[::1]:7000', 'ipv6:[::1]:7000'],
    ['localhost:7000', 'dns:///localhost:7000'],
    ['engine-1.example.com:443', 'dns:///engine-1.example.com:443'],
    // Read by gRPC alone it would be a socket file.
    ['unix:7000', 'dns:///unix:7000'],
  ])('reads %s as %s', (text, target) => {
    expect(targetFor(text)).toBe(target);
  });

  it.each([
    'unix:/run/docker.sock',
    'unix:///run/docker.sock',
    'unix-abstract:socket',
    'dns:///engine.example.com:443',
    'xds:engine.example.com:443',
    'ipv4:127.0.0.1:7000',
    'user@engine.example.com:443',
    'engine.example.com:443/path',
    'engine.example.com:443,other.example.com:443',
    'engine.example.com',
    'engine..example.com:443',
    '-engine.example.com:443',
    'engine_1.example.com:443',
    '[engine.example.com]:443',
    '[::1%eth0]:443',
    '::1:443',
    '2130706433:443',
    '127.1:443',
    '0x7f000001:443',
    'engine.example.com:0',
    'engine.example.com:65536',
    ' engine.example.com:443',
    'engine.example.com:443\n',
    `${'a'.repeat(64)}.example.com:443`,
    `${'a.'.repeat(127)}com:443`,
  ])('refuses %j', (text) => {
    expect(readDestinationAddress(text)).toBeNull();
  });

  it('whatever it is, is given to gRPC under a scheme of ours with nothing but host and port behind', () => {
    const pieces = fc.constantFrom(
      'unix',
      'dns',
      'xds',
      'ipv4',
      '127.0.0.1',
      '[::1]',
      'a.b',
      ':',
      '/',
      '//',
      ',',
      '7',
      '@',
    );
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 8 }).map((some) => some.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const target = targetFor(text);
        if (target === null) return;
        expect(target).toMatch(/^(ipv4:[\d.]+|ipv6:\[[\da-f:.]+\]|dns:\/\/\/[a-z\d.-]+):\d{1,5}$/i);
      }),
    );
  });

  it('says whether it leaves this machine', () => {
    const isLoopback = (text: string) => readDestinationAddress(text)?.isLoopback;
    expect(['127.8.9.1:1', '[::1]:1', 'localhost:1'].map(isLoopback)).toEqual([true, true, true]);
    expect(['10.0.0.1:1', '[fe80::1]:1', 'localhost.example.com:1'].map(isLoopback)).toEqual([false, false, false]);
  });
});
