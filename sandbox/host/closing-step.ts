// Node marks the descriptors it inherits as not to be passed on, but stops at the first unused number above 15: a
// log file, socket or terminal that whoever started the service left open above that gap would reach every worker.
// Bubblewrap passes on what it gets.
import { ALLOWED_CALLS } from './system-calls.ts';

/** The last descriptor that survives the closing step: bubblewrap's seccomp program. */
export const LAST_KEPT_FD = 4;

/** The highest number `close_range` knows: its argument is an unsigned int. */
const HIGHEST_FD = 0xffffffff;

/** `PR_SET_PDEATHSIG` of prctl(2), and the signal that nothing survives. */
const PARENT_DEATH_SIGNAL = 1;
const SIGKILL = 9;

/**
 * Gives the step that closes every descriptor above `LAST_KEPT_FD` and then becomes the command after it, as a
 * command prefix.
 *
 * It also ties the whole chain to the service from its first moment: bubblewrap does so only once it has set up, and a
 * service killed before that would leave it waiting for ever.
 *
 * It ends without starting anything when the kernel refuses: a worker then does not start, rather than start with
 * what it must not hold.
 */
export function closingArguments(): string[] {
  // Perl, since a POSIX shell can name no descriptor above 9, and since one call of the kernel asks no list that
  // another thread could change meanwhile.
  const script = [
    `syscall(${ALLOWED_CALLS.prctl}, ${PARENT_DEATH_SIGNAL}, ${SIGKILL}, 0, 0, 0) == 0 or exit 1`,
    // The service may have died before the line above: then nobody would send the signal any more.
    `getppid() == ${process.pid} or exit 1`,
    `syscall(${ALLOWED_CALLS.close_range}, ${LAST_KEPT_FD + 1}, ${HIGHEST_FD}, 0) == 0 or exit 1`,
    'exec { $ARGV[0] } @ARGV',
    'exit 1',
  ].join('; ');
  return ['perl', '-e', script, '--'];
}
