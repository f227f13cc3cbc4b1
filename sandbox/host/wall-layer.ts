/**
 * The layers around a worker's process that can be left out, one at a time, to show by an attack what each one stops.
 *
 * Only tests and `verify:wall` leave any out; no configuration reaches this.
 */
export const WALL_LAYERS = [
  /** Descriptors of the service are closed, and the chain dies with it. */
  'closing-step',
  /** Address space, data, processor time, files, core dumps, processes. */
  'limits',
  /** A uid that owns nothing; only where the service is root. */
  'own-user',
  /** Mount, process, network, ipc, uts, cgroup and user namespaces: what is not bound is not there. */
  'namespaces',
  /** The allow-list of system calls. */
  'seccomp',
] as const;

/** One of the layers around a worker's process. */
export type WallLayer = (typeof WALL_LAYERS)[number];
