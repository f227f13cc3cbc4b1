/** A library that answers some of our questions with a bound on what a person adds. */
export interface Peer {
  readonly name: string;
  /** The script beside this file; its packages are those of `requirements/` of the same name. */
  readonly script: string;
  /** What of the peer is measured, where there are several ways. */
  readonly options: Readonly<Record<string, string>>;
  /** Names a folder of sources, for a peer that is in no package registry. */
  readonly sourcesVariable: string | null;
}

/** A library that is told of and not measured. */
export interface UnmeasuredPeer {
  readonly name: string;
  readonly why: string;
}

/** The peers, those with the quickest start first. */
export const PEERS: readonly Peer[] = [
  { name: 'OpenDP with Polars', script: 'opendp_polars', options: {}, sourcesVariable: null },
  { name: 'SmartNoise SQL over SQLite', script: 'smartnoise', options: { reader: 'sqlite' }, sourcesVariable: null },
  { name: 'SmartNoise SQL over pandas', script: 'smartnoise', options: { reader: 'pandas' }, sourcesVariable: null },
  { name: 'DPSQL+ over DuckDB', script: 'dpsql_plus', options: {}, sourcesVariable: 'GALLEY_BENCH_DPSQL' },
  { name: 'Qrlew over DuckDB', script: 'qrlew', options: {}, sourcesVariable: null },
  { name: 'PipelineDP, local', script: 'pipelinedp', options: {}, sourcesVariable: null },
  { name: 'Tumult Analytics', script: 'tumult', options: {}, sourcesVariable: null },
];

/** Peers of `--quick`: installed in seconds, and done in as many. */
export const QUICK_PEERS: readonly string[] = ['OpenDP with Polars', 'SmartNoise SQL over SQLite'];

const NO_PERSONS = 'it draws noise for numbers: bounding what a person adds, and grouping, are left to the caller';

/** What else there is, and why it stands in no ratio. */
export const UNMEASURED_PEERS: readonly UnmeasuredPeer[] = [
  { name: 'PyDP', why: NO_PERSONS },
  { name: 'diffprivlib', why: NO_PERSONS },
  { name: 'ZetaSQL with differential privacy', why: 'it is in no package registry, and builds from source alone' },
];
