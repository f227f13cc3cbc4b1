import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { MAX_FRAME_PAYLOAD_BYTES, MAX_GROUP_LEAVES_COUNT } from './frame.ts';
import { GroupCommit, MAX_WAITING_ENTRIES_COUNT } from './group-commit.ts';

function recording(): { groups: number[]; commit: GroupCommit<number> } {
  const groups: number[] = [];
  let committed = 0;
  const commit = new GroupCommit<number>(async (leaves) => {
    groups.push(leaves.length);
    return leaves.map(() => committed++);
  });
  return { groups, commit };
}

describe('group commit', () => {
  it('takes no more leaves in one group than a frame may hold, by count and by bytes', async () => {
    const { groups, commit } = recording();
    await Promise.all(Array.from({ length: MAX_GROUP_LEAVES_COUNT + 1 }, () => commit.add(new Uint8Array(1))));
    expect(groups).toEqual([MAX_GROUP_LEAVES_COUNT, 1]);
    const largest = new Uint8Array(65_535);
    await Promise.all(Array.from({ length: 17 }, () => commit.add(largest)));
    expect(groups.slice(2)).toEqual([15, 2]);
    expect(15 * 65_539).toBeLessThanOrEqual(MAX_FRAME_PAYLOAD_BYTES);
  });

  it('refuses when too many wait, and still serves those who wait', async () => {
    const { commit } = recording();
    const waiting = Array.from({ length: MAX_WAITING_ENTRIES_COUNT }, () => commit.add(new Uint8Array(0)));
    await expectCode(() => commit.add(new Uint8Array(0)), 'LOG_OVERLOADED');
    expect((await Promise.all(waiting)).at(-1)).toBe(MAX_WAITING_ENTRIES_COUNT - 1);
  });

  it('fails everyone who waits once a group failed, and all who come after', async () => {
    const commit = new GroupCommit<number>(async () => {
      throw new Error('disk is gone');
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: MAX_GROUP_LEAVES_COUNT + 5 }, () => commit.add(new Uint8Array(0))),
    );
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    await expectCode(() => commit.add(new Uint8Array(0)), 'LOG_FAILED');
    await commit.settled();
  });
});
