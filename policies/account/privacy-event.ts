// What was done to the data, mechanism by mechanism: with it anybody adds a charge up again, by this or a later
// theorem. The list is closed and its shape has a version, so that an old entry is read as it was meant or not at all.

/** An exact number of at least 0: `numerator` or `numerator/denominator`, in decimal digits. */
export type FractionText = string;

/** Noise of the exact discrete Gaussian on statistics of equal sensitivity and variance. */
export type DiscreteGaussianEvent = {
  readonly kind: 'discrete-gaussian';
  /** Most that one person changes one statistic, over all their groups: squared L2, in squares of its unit. */
  readonly squaredSensitivity: FractionText;
  /** The parameter sigma squared of the noise, in squares of the unit. */
  readonly variance: FractionText;
  /** Statistics that got such noise, each independently. */
  readonly statistics: number;
  /** Groups that one person reaches (L0); the sensitivity is over all of them. */
  readonly groups: number;
};

/** Groups whose key values are protected, shown from a noisy number of persons on. */
export type SelectionEvent = {
  readonly kind: 'selection';
  /** Loss of its own; 0 when it looks at a noisy count that is paid for already. */
  readonly rho: FractionText;
  /** Noisy persons from which a group shows. */
  readonly threshold: string;
  /** Probability with which a group that one person alone brings may show, over all their groups. */
  readonly delta: number;
  readonly groups: number;
};

/** Bounds of a value found with noise, from a histogram of magnitudes; all its bins count as one vector. */
export type PrivateBoundsEvent = {
  readonly kind: 'private-bounds';
  readonly squaredSensitivity: FractionText;
  readonly variance: FractionText;
  readonly bins: number;
};

/**
 * A release without noise, under an owner's threshold rules. No loss bounds it: it adds nothing to the sums, and marks
 * them as speaking of the noisy releases alone.
 */
export type ExactEvent = {
  readonly kind: 'exact';
};

/**
 * The price that owners declared of their tags, for a publication that tells a destination who its members are. Nothing ran
 * that loses so much: it is what the owners want to be counted.
 */
export type DeclaredEvent = {
  readonly kind: 'declared';
  readonly rho: FractionText;
};

/** One mechanism that ran on the data, or what counts as one. */
export type PrivacyEvent = DiscreteGaussianEvent | SelectionEvent | PrivateBoundsEvent | ExactEvent | DeclaredEvent;

/** The mechanisms of one charge, as they are stored with it. */
export type PrivacyRecord = {
  readonly version: 1;
  readonly events: PrivacyEvent[];
};

type Test = (value: unknown) => boolean;

const isFraction: Test = (value) => typeof value === 'string' && /^\d+(\/0*[1-9]\d*)?$/.test(value);
const isPositive: Test = (value) => isFraction(value) && /^0*[1-9]/.test(String(value));
const isWhole: Test = (value) => typeof value === 'string' && /^-?\d+$/.test(value);
const isCount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
const isProbability: Test = (value) => typeof value === 'number' && value > 0 && value < 1;

const FIELDS: { readonly [K in PrivacyEvent['kind']]: Fields<Extract<PrivacyEvent, { readonly kind: K }>> } = {
  'discrete-gaussian': {
    squaredSensitivity: isFraction,
    variance: isPositive,
    statistics: isCount,
    groups: isCount,
  },
  selection: { rho: isFraction, threshold: isWhole, delta: isProbability, groups: isCount },
  'private-bounds': { squaredSensitivity: isFraction, variance: isPositive, bins: isCount },
  exact: {},
  declared: { rho: isFraction },
};

type Fields<E> = { readonly [F in Exclude<keyof E, 'kind'>]: Test };

/** The mechanisms of a charge as they are stored and logged with it. */
export function recordOf(events: readonly PrivacyEvent[]): PrivacyRecord {
  return { version: 1, events: [...events] };
}

/**
 * Reads the mechanisms of a charge.
 *
 * @throws {TypeError} when it is not a record of this version, or holds a mechanism or a field nobody named: a
 * charge that cannot be understood must not count as a small one
 */
export function readEvents(record: unknown): readonly PrivacyEvent[] {
  if (!isObject(record) || record.version !== 1 || !Array.isArray(record.events)) {
    throw new TypeError('the mechanisms of a charge are of no known version');
  }
  return record.events.map(readEvent);
}

function readEvent(event: unknown): PrivacyEvent {
  if (!isObject(event) || !isKind(event.kind)) throw new TypeError('a charge names an unknown mechanism');
  const { kind, ...rest } = event;
  const fields: Readonly<Record<string, Test>> = FIELDS[kind];
  const names = new Set([...Object.keys(fields), ...Object.keys(rest)]);
  for (const name of names) {
    if (fields[name]?.(rest[name]) !== true) throw new TypeError(`\`${name}\` of a \`${kind}\` is not as it must be`);
  }
  return event as unknown as PrivacyEvent;
}

function isKind(kind: unknown): kind is PrivacyEvent['kind'] {
  return typeof kind === 'string' && Object.hasOwn(FIELDS, kind);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
