/** How fast one caller may call. */
export type BucketLimits = { readonly callsPerSecond: number; readonly burstCallCount: number };

/** Counts calls a key. */
export type TokenBuckets = {
  /** Takes one call; answers 0 when it is taken, else how long to wait until one would be. */
  readonly take: (key: string, nowMs: number) => number;
};

/** The most callers remembered; a full bucket is the same as none, so that forgetting one costs nothing. */
const MAX_BUCKET_COUNT = 10_000;

type Bucket = { calls: number; filledAtMs: number };

/** Makes token buckets: each fills at a steady rate up to a burst, and each call takes one. */
export function makeTokenBuckets({ callsPerSecond, burstCallCount }: BucketLimits): TokenBuckets {
  const buckets = new Map<string, Bucket>();
  const refill = (bucket: Bucket, nowMs: number) => {
    const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
    bucket.calls = Math.min(burstCallCount, bucket.calls + (elapsedMs * callsPerSecond) / 1000);
    bucket.filledAtMs = nowMs;
  };
  const forgetFull = (nowMs: number) => {
    for (const [key, bucket] of buckets) {
      refill(bucket, nowMs);
      if (bucket.calls === burstCallCount) buckets.delete(key);
    }
  };
  return {
    take: (key, nowMs) => {
      if (buckets.size >= MAX_BUCKET_COUNT) forgetFull(nowMs);
      const bucket = buckets.get(key) ?? { calls: burstCallCount, filledAtMs: nowMs };
      refill(bucket, nowMs);
      buckets.set(key, bucket);
      if (bucket.calls < 1) return Math.ceil(((1 - bucket.calls) * 1000) / callsPerSecond);
      bucket.calls -= 1;
      return 0;
    },
  };
}
