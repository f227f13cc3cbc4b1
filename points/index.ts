/** The door of points: digests in a group where they say nothing, and their order. Loading it starts libsodium. */
export { POINT_BYTES, pointOfDigest, randomPoint, scalarFor, times } from './group.ts';
export { PointList, sortPoints } from './point-order.ts';
export { isSampled } from './sample.ts';
