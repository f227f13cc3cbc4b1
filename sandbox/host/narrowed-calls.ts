// Calls that do many things, of which a worker has use for few: for each, the arguments that Node and the engine were
// seen to use. Every argument judged here is read by the kernel as 32 bits, but for the one pointer.
import {
  type Instruction,
  JUMP_ANY_BIT,
  JUMP_EQUAL,
  loadArgument,
  loadHighArgument,
  when,
} from './seccomp-assembler.ts';
import type { NARROWED_CALLS } from './system-calls.ts';

/** What may be said of a call. */
export interface Verdicts {
  allow: Instruction;
  refuse: Instruction;
  fatal: Instruction;
}

/**
 * The flags with which glibc starts a thread, and no others: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS,
 * PARENT_SETTID, CHILD_CLEARTID of linux/sched.h. Anything else is a process or a namespace.
 */
const THREAD_FLAGS = 0x003d0f00;

/** Both push characters into a terminal as if its user had typed them. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
/**
 * What is asked of a descriptor that may be a terminal or a pipe: TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. Nothing
 * of sockets: a worker's descriptors are sockets of the host, and by them SIOCGIFCONF tells of the host's own network.
 */
const DESCRIPTOR_REQUESTS = [0x5401, 0x541b, 0x5421, 0x5450, 0x5451];

/**
 * F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC. No locks and leases: all workers see the same files, so that two
 * could signal to each other by them. No F_SETOWN: it has the kernel send signals in a worker's name.
 */
const DESCRIPTOR_COMMANDS = [1, 2, 3, 4, 1030];

/** PR_SET_NAME, PR_GET_NAME, and PR_SET_VMA, which names memory. Nothing that changes rights, limits or tracing. */
const PROCESS_OPTIONS = [15, 16, 0x53564d41];

/**
 * Whoever undoes its death with its parent outlives the service and every deadline: the host ends a worker by ending the
 * process that started it.
 */
const PR_SET_PDEATHSIG = 1;

/** ARCH_SET_FS, ARCH_GET_FS, and what a newer libc asks of shadow stacks. */
const ARCHITECTURE_CODES = [0x1002, 0x1003, 0x3001, 0x5005];

/**
 * NORMAL to DONTNEED, FREE, DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP. Not MERGEABLE: by the time that a
 * write to a shared page takes, one worker could tell what another's page holds.
 */
const MEMORY_ADVICE = [0, 1, 2, 3, 4, 8, 10, 11, 14, 15, 16, 17];

/**
 * MAP_SHARED, MAP_LOCKED and MAP_HUGETLB: memory that the limit on a worker's data does not count, or that cannot be
 * taken back.
 */
const UNCOUNTED_MEMORY = 0x1 | 0x2000 | 0x40000;

/** A worker is the first process of its namespace, and only its own threads have it as their group. */
const OWN_PID = 1;

/** Judges a call by its arguments; every path ends in a verdict. */
export function judgeNarrowed(name: keyof typeof NARROWED_CALLS, { allow, refuse, fatal }: Verdicts): Instruction[] {
  switch (name) {
    case 'clone':
      return [...allowOnly(0, [THREAD_FLAGS], allow), fatal];
    case 'tgkill':
      return [...allowOnly(0, [OWN_PID], allow), fatal];
    case 'ioctl':
      return [
        ...allowOnly(1, DESCRIPTOR_REQUESTS, allow),
        ...[TIOCSTI, TIOCLINUX].flatMap((request) => when(JUMP_EQUAL, request, [fatal])),
        refuse,
      ];
    case 'fcntl':
      return [...allowOnly(1, DESCRIPTOR_COMMANDS, allow), refuse];
    case 'prctl':
      return [...allowOnly(0, PROCESS_OPTIONS, allow), ...when(JUMP_EQUAL, PR_SET_PDEATHSIG, [fatal]), refuse];
    case 'arch_prctl':
      return [...allowOnly(0, ARCHITECTURE_CODES, allow), refuse];
    case 'madvise':
      return [...allowOnly(2, MEMORY_ADVICE, allow), refuse];
    case 'mmap':
      return [loadArgument(3), ...when(JUMP_ANY_BIT, UNCOUNTED_MEMORY, [refuse]), allow];
    case 'prlimit64':
      return [...readsOwnLimits(refuse), allow];
  }
}

function allowOnly(index: number, values: readonly number[], allow: Instruction): Instruction[] {
  return [loadArgument(index), ...values.flatMap((value) => when(JUMP_EQUAL, value, [allow]))];
}

// Of no process but this one (0), and without a pointer to a new limit.
function readsOwnLimits(refuse: Instruction): Instruction[] {
  return [loadArgument(0), loadArgument(2), loadHighArgument(2)].flatMap((word) => [
    word,
    ...when(JUMP_EQUAL, 0, [], [refuse]),
  ]);
}
