// The part of `npm run bench` that is about the wall, alone: `node bench/wall.ts`.
import { printFigures, printMemory } from './print-figures.ts';
import { idleMemoryMib, wallFigures } from './wall-figures.ts';

printFigures(await wallFigures());
printMemory(await idleMemoryMib());
process.exit(0);
