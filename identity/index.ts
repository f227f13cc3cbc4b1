export { digestIdentifier, digestOf, readDigest } from './digest.ts';
export { type IdentifierKind, isIdentifierKind } from './identifier-kind.ts';
export { normaliseIdentifier } from './normalise.ts';
