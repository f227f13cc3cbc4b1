// Loaded before Cedar. V8 compiles WebAssembly twice: at once and plainly, and once more, thoroughly, whatever has run for a
// while. Reading our policies is a while to it, so that each start had the parser made thoroughly, for a text that is never
// read again: half of what Cedar cost, on every start.
import { setFlagsFromString } from 'node:v8';

/** V8's option; one that it does not know it would pass over in silence. */
export const TIERING_OPTION = '--wasm-tiering-budget';

/**
 * What a function runs before it is compiled thoroughly, in bytes of it, thirty times V8's own: more than the parser does
 * with our policies, and reached by deciding within some thousand decisions.
 */
const TIERING_BYTES = 400_000_000;

setFlagsFromString(`${TIERING_OPTION}=${TIERING_BYTES}`);
