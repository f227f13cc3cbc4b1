import type { DestinationsConfig } from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { readDocument, readText } from './fields.ts';

/** A host as it stands in an address: a DNS name or an address, without brackets or port. */
const HOST = /^[A-Za-z0-9.:-]{1,253}$/;

/** Reads where audiences may be delivered to beside what their terms say. @throws {ConfigRefused} naming the field */
export function parseDestinations(value: unknown): DestinationsConfig {
  const document = readDocument(value, 'destinations', ['dropDirectory', 'internalHosts']);
  const dropDirectory = document.dropDirectory ?? null;
  return {
    dropDirectory: dropDirectory === null ? null : readText(dropDirectory, 'destinations.dropDirectory'),
    internalHosts: parseHosts(document.internalHosts ?? []),
  };
}

function parseHosts(value: unknown): readonly string[] {
  const hosts = typeof value === 'string' ? value.split(',').map((host) => host.trim()) : value;
  const isHost = (host: unknown) => typeof host === 'string' && HOST.test(host);
  if (Array.isArray(hosts) && hosts.every(isHost)) return hosts.map((host: string) => host.toLowerCase());
  throw new ConfigRefused('destinations.internalHosts', '`destinations.internalHosts` must be a list of hosts');
}
