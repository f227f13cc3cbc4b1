// Node marks the descriptors it inherits as not to be passed on, but stops at the first unused number above 15: a
// log file, socket or terminal that whoever started the service left open above that gap would reach every worker.
// Bubblewrap passes on what it gets.
import { NARROWED_CALLS } from './system-calls.ts';

/** The last descriptor that survives the closing step: bubblewrap's seccomp program. */
export const LAST_KEPT_FD = 4;

/** `close_range` of asm/unistd_64.h; workers have no use for it and may not call it. */
const CLOSE_RANGE_CALL = 436;

/** The highest number `close_range` knows: its argument is an unsigned int. */
const HIGHEST_FD = 0xffffffff;

/** `PR_SET_PDEATHSIG` of prctl(2), and the signal that nothing survives. */
const PARENT_DEATH_SIGNAL = 1;
const SIGKILL = 9;

/** `SHUT_WR` of shutdown(2). */
const SHUT_WRITING = 1;

/**
 * Gives the step that closes every descriptor above `lastKeptFd` and then becomes the command after it, as a
 * command prefix.
 *
 * It also ties the whole chain to the service from its first moment: bubblewrap does so only once it has set up, and a
 * service killed before that would leave it waiting for ever.
 *
 * And it leaves the worker's input an input: nothing can be written to it.
 *
 * It ends without starting anything when the kernel refuses: a worker then does not start, rather than start with
 * what it must not hold.
 */
export function closingArguments(lastKeptFd = LAST_KEPT_FD): string[] {
  // Perl, since a POSIX shell can name no descriptor above 9, and since one call of the kernel asks no list that
  // another thread could change meanwhile.
  const script = [
    `syscall(${NARROWED_CALLS.prctl}, ${PARENT_DEATH_SIGNAL}, ${SIGKILL}, 0, 0, 0) == 0 or exit 1`,
    // The service may have died before the line above: then nobody would send the signal any more.
    `getppid() == ${process.pid} or exit 1`,
    // What the service writes to is a socket, which has two directions: a worker answers on one descriptor and no other.
    `shutdown(STDIN, ${SHUT_WRITING}) or exit 1`,
    `syscall(${CLOSE_RANGE_CALL}, ${lastKeptFd + 1}, ${HIGHEST_FD}, 0) == 0 or exit 1`,
    'exec { $ARGV[0] } @ARGV',
    'exit 1',
  ].join('; ');
  return ['perl', '-e', script, '--'];
}
