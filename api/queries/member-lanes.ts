/** Runs work of one member at most so many at once; the rest waits in order, behind nobody else's. */
export interface MemberLanes {
  /** Runs work when the member has a free place. */
  readonly run: <Result>(member: string, work: () => Promise<Result>) => Promise<Result>;
  /** Work of a member that runs or waits. */
  readonly count: (member: string) => number;
}

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** Makes lanes: without them one member's slow questions would hold every worker, and the others pay by waiting. */
export function makeMemberLanes(placesPerMember: number): MemberLanes {
  const lanes = new Map<string, Lane>();
  const enter = async (member: string): Promise<Lane> => {
    const lane = lanes.get(member) ?? { running: 0, waiting: [] };
    lanes.set(member, lane);
    if (lane.running >= placesPerMember) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    else lane.running += 1;
    return lane;
  };
  const leave = (member: string, lane: Lane): void => {
    const next = lane.waiting.shift();
    // The place is handed on rather than freed, so that nobody slips in between.
    if (next === undefined) lane.running -= 1;
    else next();
    if (lane.running === 0) lanes.delete(member);
  };
  return {
    async run(member, work) {
      const lane = await enter(member);
      try {
        return await work();
      } finally {
        leave(member, lane);
      }
    },
    count: (member) => {
      const lane = lanes.get(member);
      return lane === undefined ? 0 : lane.running + lane.waiting.length;
    },
  };
}
