/** Everything the service is told before it starts. Every path is absolute. */
export type Config = {
  /** Where keys, the control store and sealed snapshots live. */
  readonly dataDirectory: string;
  /** `host:port`; an IPv6 host in brackets. */
  readonly listenAddress: string;
  /** Null only on a loopback address. */
  readonly tls: TlsConfig | null;
  /** Who signs the access tokens. */
  readonly issuer: IssuerConfig;
  /** How much one caller may ask of the service. */
  readonly limits: LimitsConfig;
  /** How the wall around untrusted work is built. */
  readonly wall: WallConfig;
  /** What the keys of the data hang from. */
  readonly keys: KeysConfig;
  /** The log and who watches it. */
  readonly log: LogConfig;
  /** Where audiences may be delivered to, beside what their terms say. */
  readonly destinations: DestinationsConfig;
  /** Which tables are laid out for faster questions. */
  readonly layout: LayoutConfig;
};

/** What the operator decides about layouts. They change no answer, only the time it takes. */
export type LayoutConfig = {
  /** False: none is made, those that were made are removed, and every question takes the general program. */
  readonly enabled: boolean;
  /** Rows from which on a table is laid out. */
  readonly minRows: number;
};

/** What the operator decides about destinations. */
export type DestinationsConfig = {
  /** Below it lie the folders of file drops; null where there shall be none. */
  readonly dropDirectory: string | null;
  /** Hosts of the operator's own network that a webhook may be at; none other of it is reached. */
  readonly internalHosts: readonly string[];
};

/** What the operator decides about the log. */
export type LogConfig = {
  /** Its name in checkpoints and receipts. It is given once: a log that changed its name would be another log. */
  readonly origin: string;
  /** Who is asked to cosign checkpoints, in the background; nobody when empty. */
  readonly witnesses: readonly WitnessConfig[];
  /** How long at most a grown log waits before its witnesses are shown a new checkpoint. */
  readonly witnessIntervalMs: number;
};

/** A witness of the log (https://c2sp.org/tlog-witness). */
export type WitnessConfig = {
  /** Its submission prefix: an address beginning `https://` (`http://` on loopback only). */
  readonly url: string;
  /** Its public key in the note format. */
  readonly verifierKey: string;
};

/** What the operator decides about keys. */
export type KeysConfig = { readonly master: MasterConfig };

/** Where the master key is. `file` null is `keys/master.key` in the data directory. */
export type MasterConfig =
  | { readonly kind: 'file'; readonly file: string | null }
  | { readonly kind: 'environment'; readonly variable: string }
  | KmsMasterConfig;

/** A master key that never leaves a key service: AWS KMS, or another that speaks its protocol at `endpoint`. */
export type KmsMasterConfig = {
  readonly kind: 'kms';
  /** Id, ARN or alias of a symmetric key. */
  readonly keyId: string;
  readonly region: string;
  readonly endpoint?: string;
};

/** What the operator decides about the wall. */
export type WallConfig = {
  /** Uids reserved for workers, both included; each worker is a user of its own where the service is root. */
  readonly workerUsers: { readonly first: number; readonly last: number };
  /** Where the worker's files are copied to; null for this user's own folder below the system's temporary one. */
  readonly runtimeDirectory: string | null;
  /** Opens what is left of the wall where it does not hold. For made-up data: the service then takes no other. */
  readonly developmentWithoutBubblewrap: boolean;
};

/** PEM files of the listening side. With `clientCaFile` every client must show a certificate of that authority. */
export type TlsConfig = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string;
};

/** The embedded issuer, or a real one that is known by its published keys. */
export type IssuerConfig = { readonly kind: 'local' } | ExternalIssuerConfig;

/** A token issuer outside Galley. */
export type ExternalIssuerConfig = {
  readonly kind: 'external';
  /** The `iss` that every token must carry. */
  readonly issuer: string;
  /** The `aud` that every token must carry. */
  readonly audience: string;
  /** The key set: an absolute path, or an address beginning `https://` (`http://` on loopback only). */
  readonly jwks: string;
  /** Signature algorithms taken; public-key ones only. */
  readonly algorithms: readonly string[];
};

/** Limits of the listening side. */
export type LimitsConfig = {
  /** Calls a principal may begin in a second, in the long run. */
  readonly callsPerSecond: number;
  /** Calls a principal may begin at once after a rest. */
  readonly burstCallCount: number;
  /** Streams open at once on one connection. */
  readonly streamsPerConnection: number;
  /** The longest a unary call may take. */
  readonly unaryDeadlineMs: number;
  /** The longest an upload, a take-out or the reading of a release may take. */
  readonly streamDeadlineMs: number;
  /** The longest a question may take from its arrival to its end, waiting for workers included. */
  readonly questionDeadlineMs: number;
  /** Uploads a member may have begun and not yet published. */
  readonly openUploadsPerMember: number;
  /** Bytes of a member that may wait to be published. */
  readonly stagedBytesPerMember: number;
  /** How long an upload that nobody goes on with is kept. */
  readonly uploadLifeMs: number;
  /** Bytes of the disk that uploads leave free, for all that the service has to write beside them. */
  readonly diskReserveBytes: number;
};

/** Beside the checkout or the working directory, so that a first try needs no rights. */
export const DEFAULT_DATA_DIRECTORY = './.galley';

/**
 * The log's name where the operator gives none. Witnesses watch many logs and know each by its name, so that a log that
 * is to have witnesses needs one of its own.
 */
export const DEFAULT_LOG_ORIGIN = 'galley/log';

/** A minute: what an operator could still take back is what no witness has seen, and witnesses serve many logs. */
export const DEFAULT_WITNESS_INTERVAL_MS = 60_000;

/**
 * A quarter of a million rows: below it a question spends its time on starting a worker, and a layout would cost disk
 * and an upload's time for nothing.
 */
export const defaultLayout: LayoutConfig = { enabled: true, minRows: 250_000 };

/** Loopback, so that a first start without TLS is reachable by nobody else. */
export const DEFAULT_LISTEN_ADDRESS = '127.0.0.1:7443';

/** Signature algorithms that can be configured. No symmetric one: who can verify HS256 can also forge it. */
export const knownAlgorithms: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'EdDSA',
  'Ed25519',
];

/**
 * Limits used where the file names none.
 *
 * 50 calls a second is ten times what a person with a console makes and a fortieth of what one process answers;
 * 100 streams is the least that HTTP/2 advises; a minute covers every unary call that the wall allows, and an hour a
 * 10 GB upload at 3 MB/s. Two minutes are a hundred times a question over a million rows. A hundred uploads of 256 GiB
 * together are four of the largest; a week lets a broken one wait over a holiday; the log and the control store of a
 * year fit into a gibibyte.
 */
export const defaultLimits: LimitsConfig = {
  callsPerSecond: 50,
  burstCallCount: 100,
  streamsPerConnection: 100,
  unaryDeadlineMs: 60_000,
  streamDeadlineMs: 3_600_000,
  questionDeadlineMs: 120_000,
  openUploadsPerMember: 100,
  stagedBytesPerMember: 256 * 1024 ** 3,
  uploadLifeMs: 7 * 86_400_000,
  diskReserveBytes: 1024 ** 3,
};
