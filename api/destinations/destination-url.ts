import { isLoopback } from '../config/index.ts';

/** A broker's address and what it is published under there. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly subject: string;
  readonly isTls: boolean;
  readonly isLoopback: boolean;
}

/** The port that NATS brokers listen on. */
const NATS_PORT = 4_222;
const MAX_URL_CHARS = 1_000;
/** Words of a subject without wildcards; one that ends in a dot or begins with `$` is the broker's own. */
const SUBJECT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const MAX_SUBJECT_CHARS = 200;

/** Reads `nats://host:port/subject` or `tls://host:port/subject`; null for anything else. */
export function readBrokerAddress(text: string): BrokerAddress | null {
  const url = plainUrl(text);
  if (url === null || (url.protocol !== 'nats:' && url.protocol !== 'tls:') || url.search !== '') return null;
  const subject = url.pathname.slice(1);
  if (!SUBJECT.test(subject) || subject.length > MAX_SUBJECT_CHARS) return null;
  const host = hostOf(url);
  const port = url.port === '' ? NATS_PORT : Number(url.port);
  return { host, port, subject, isTls: url.protocol === 'tls:', isLoopback: isLoopback(host) };
}

/** Where a webhook listens. */
export interface WebhookAddress {
  readonly url: URL;
  readonly host: string;
  readonly isTls: boolean;
  readonly isLoopback: boolean;
}

/** Reads an HTTPS address, or an HTTP one of this machine; null for anything else. */
export function readWebhookAddress(text: string): WebhookAddress | null {
  const url = plainUrl(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  const host = hostOf(url);
  const address = { url, host, isTls: url.protocol === 'https:', isLoopback: isLoopback(host) };
  // Tokens in the clear on a network would tell everybody on the way who is in.
  return address.isTls || address.isLoopback ? address : null;
}

/** A URL without user, password or fragment: a secret in the terms would be everybody's to read. */
function plainUrl(text: string): URL | null {
  if (text.length > MAX_URL_CHARS || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '' || url.hostname === '') return null;
  return url;
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}
