// What the preparation of a machine shows. Everything goes to the error stream, so that the output of a task
// (the last line of `npm test`, the JSON of `npm run demo -- --json`) stays the task's own.
import { spawn } from 'node:child_process';

const HEARTBEAT_MS = 15_000; // without a terminal: often enough that nobody takes a slow network for a hang
const REDRAW_MS = 500; // with a terminal: a clock that visibly runs
const TAIL_LINE_COUNT = 30; // of a failed command: its last lines name the cause, the rest is noise

/** A failure a person can act on: shown as a message, without a stack. */
export class SetupError extends Error {}

/** Prints one line for the person who is waiting. */
export function say(line) {
  process.stderr.write(`galley: ${line}\n`);
}

/**
 * Runs one command of the preparation, with a running clock; its own output is shown only when it fails.
 *
 * @throws {SetupError} when the command cannot be started or ends with another code than 0
 */
export function runShown(label, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const clock = startClock(label);
    const lines = [];
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const collect = (chunk) => lines.push(chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      clock.stop('failed');
      reject(new SetupError(`${label}: cannot start ${command} (${error.code ?? error.message})`));
    });
    child.on('close', (code, signal) => {
      clock.stop(code === 0 ? 'done' : 'failed');
      if (code === 0) return resolve();
      const tail = lines.join('').trimEnd().split('\n').slice(-TAIL_LINE_COUNT).join('\n');
      reject(new SetupError(`${label} failed (${signal ?? `exit code ${code}`}):\n${tail}`));
    });
  });
}

function startClock(label) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const isTerminal = process.stderr.isTTY === true;
  say(`${label} …`);
  const draw = () => {
    if (isTerminal) process.stderr.write(`\r        ${seconds()} s `);
    else say(`${label}: still running after ${seconds()} s`);
  };
  const timer = setInterval(draw, isTerminal ? REDRAW_MS : HEARTBEAT_MS);
  return {
    stop(word) {
      clearInterval(timer);
      if (isTerminal) process.stderr.write('\r                    \r');
      say(`${label}: ${word} in ${seconds()} s`);
    },
  };
}
