import { setTimeout as sleep } from 'node:timers/promises';
import { mergeCosignatures, parseCheckpoint } from '../../audit/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { WitnessClient, WitnessRefused } from './witness-client.ts';

/** The conversation with the witnesses of a log. */
export interface Witnessing {
  /** Ends it, and waits for what is under way. */
  readonly close: () => Promise<void>;
}

/**
 * Has the log's checkpoints cosigned for as long as the service runs, in the background: no answer waits for a witness,
 * and a witness that is away makes no difference but that its cosignature is missing.
 */
export function startWitnessing(kitchen: Pick<Kitchen, 'config' | 'log' | 'operatorLog'>): Witnessing {
  const { witnesses, witnessIntervalMs } = kitchen.config.log;
  const stop = new AbortController();
  const clients = witnesses.map((witness) => new WitnessClient(witness, kitchen.log));
  const ended = clients.length === 0 ? Promise.resolve() : follow(kitchen, clients, witnessIntervalMs, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function follow(
  kitchen: Pick<Kitchen, 'log' | 'operatorLog'>,
  clients: readonly WitnessClient[],
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  /** The size up to which every witness has signed. */
  let witnessedSize = -1;
  while (!signal.aborted) {
    if (kitchen.log.treeSize > witnessedSize) {
      const hasAll = await round(kitchen, clients, signal).catch((cause: unknown) => {
        kitchen.operatorLog.error({ err: cause }, 'the witnesses of the log could not be asked');
        return undefined;
      });
      if (hasAll !== undefined) witnessedSize = hasAll;
    }
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Asks all witnesses about the newest tree. Answers its size when all of them signed it. */
async function round(
  { log, operatorLog }: Pick<Kitchen, 'log' | 'operatorLog'>,
  clients: readonly WitnessClient[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const note = await log.checkpoint();
  const asked = await Promise.all(
    clients.map(async (client) => {
      try {
        return await client.cosign(note, signal);
      } catch (cause) {
        if (!signal.aborted) operatorLog.warn({ witness: client.url, ...factsOf(cause) }, 'a witness did not cosign');
        return undefined;
      }
    }),
  );
  const cosigned = asked.filter((one) => one !== undefined);
  if (cosigned.length > 0) await log.keepCosigned(mergeCosignatures(note, cosigned));
  return cosigned.length === clients.length ? parseCheckpoint(note).treeSize : undefined;
}

function factsOf(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof WitnessRefused)) return { reason: cause instanceof Error ? cause.name : 'unknown' };
  const { message, largerSize } = cause;
  return { reason: message, ...(largerSize === undefined ? {} : { largerSize }) };
}
