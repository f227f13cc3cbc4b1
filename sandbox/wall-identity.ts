// The shapes of the jobs that work on identifiers: naming rows, deciding who is one person, and making tokens.
import type { IdentifierKind, PrivacyUnit, SpineCounts, SpineInput } from './wire/jobs.ts';

/**
 * Names the rows of a part by nodes: of each row, that of its highest-ranking identifier, the first 8 bytes, big-endian, of
 * AES-256-ECB(key of its kind, first 16 bytes of the digest).
 */
export interface PseudonymiseJob {
  /** The vault columns of the part; chunk `k` of each has the same rows. */
  columns: {
    /** 32 bytes, of the collaboration and the kind. */
    key: Uint8Array;
    /** Of the kind, lower first. */
    rank: number;
    chunks: () => AsyncIterable<Uint8Array>;
  }[];
}

/** What naming rows yields; chunks of links and singles are for {@link ResolveJob} and in no order. */
export type NamedRows =
  /** One chunk of nodes for each block of rows. */
  | { kind: 'nodes'; bytes: Uint8Array }
  /** Nodes that name rows, each before another identifier's node on such a row. */
  | { kind: 'links'; bytes: Uint8Array }
  /** Nodes that name rows by themselves. Of a part with one identifier column only the nodes are told. */
  | { kind: 'singles'; bytes: Uint8Array };

/** Decides which nodes are one person, from what parts of all members say. */
export interface ResolveJob {
  unit: PrivacyUnit;
  /** 32 bytes for each member, in the members' order, for the names of persons that stand alone there. */
  aloneKeys: readonly Uint8Array[];
  /** All links first, then singles and nodes, then what an earlier spine said. */
  inputs: readonly (SpineInput & { chunks: () => AsyncIterable<Uint8Array> })[];
  /** Whether identifiers that nobody linked are counted too; they then take memory like all others. */
  isCounting: boolean;
}

/** What a resolved spine is told in: entries of those not called by their own node, then what changed. */
export type ResolvedSpine =
  /** Each node before its person. */
  | { kind: 'entries'; member: number; bytes: Uint8Array }
  | {
      kind: 'resolved';
      /** Whether rows of a part may have other persons than the earlier spine gave them. */
      isChanged: (part: number) => boolean;
      counts: readonly SpineCounts[];
    };

/** Puts persons in the place of nodes: one chunk for each chunk of nodes. */
export interface AssignJob {
  /** Of the part's member. */
  entries: () => AsyncIterable<Uint8Array>;
  nodes: () => AsyncIterable<Uint8Array>;
}

/**
 * Some of all persons, by the upper 32 bits of their names, which are keyed hashes: as good as a part drawn by lot.
 * Whatever is computed of persons by their own rows alone is the same computed range by range.
 */
export interface PersonRange {
  /** From 0. */
  readonly from: number;
  /** Not of it; 2^32 at most. */
  readonly to: number;
}

/** Makes membership deniable: which persons are left out and brought in follows from the key and the person alone. */
export interface Blur {
  /** 32 bytes, of the destination and the definition, so that the same person falls the same way at every refresh. */
  key: Uint8Array;
  /** Chance that a selected person is left out. */
  dropProbability: number;
  /** Chance that any other person of the table is brought in. */
  addProbability: number;
}

/**
 * Turns the identifiers of selected persons into a destination's tokens: the first 16 bytes of
 * HMAC-SHA-256(key, kind + ":" + base64 of the digest).
 */
export interface TokeniseJob {
  key: Uint8Array;
  identifier: IdentifierKind;
  /** Who is selected. */
  persons: BigUint64Array;
  /** Person chunks and vault chunks, row by row alike. */
  personChunks: () => AsyncIterable<Uint8Array>;
  vaultChunks: () => AsyncIterable<Uint8Array>;
  /** The rows of these persons alone; all when left out. */
  range?: PersonRange;
  /** Exact members when left out. */
  blur?: Blur;
}
