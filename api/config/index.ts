/** The door of the configuration chapter. */
export type {
  Config,
  ExternalIssuerConfig,
  IssuerConfig,
  KeysConfig,
  KmsMasterConfig,
  LimitsConfig,
  MasterConfig,
  TlsConfig,
  WallConfig,
  WitnessConfig,
} from './config.ts';
export { ConfigRefused } from './config-refused.ts';
export { isLoopback, type ListenAddress, parseListenAddress } from './listen-address.ts';
export { parseKeys } from './parse-keys.ts';
export { readConfig } from './read-config.ts';
