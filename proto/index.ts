/** The door of the contract: one name a chapter, as generated from `proto/galley`. */
export * as strategy from './gen/galley/strategy/v1/strategy_engine.ts';
export * as audiences from './gen/galley/v1/audiences.ts';
export * as audit from './gen/galley/v1/audit.ts';
export * as collaborations from './gen/galley/v1/collaborations.ts';
export * as datasets from './gen/galley/v1/datasets.ts';
export * as functions from './gen/galley/v1/functions.ts';
export * as identity from './gen/galley/v1/identity.ts';
export * as matching from './gen/galley/v1/matching.ts';
export * as privacy from './gen/galley/v1/privacy.ts';
export * as queries from './gen/galley/v1/queries.ts';
export * as rights from './gen/galley/v1/rights.ts';
export * as uploads from './gen/galley/v1/uploads.ts';
export * as violations from './gen/galley/v1/violation.ts';
export * as wellKnown from './gen/google/protobuf/any.ts';
export * as rpcDetails from './gen/google/rpc/error_details.ts';
export * as rpc from './gen/google/rpc/status.ts';
