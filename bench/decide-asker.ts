// Asks for decisions one after the other, in a thread of its own: the sender of members must not be what is waited for.
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { credentials } from '@grpc/grpc-js';
import { decisions } from '../proto/index.ts';
import { anybody, type Crowd } from './decide-crowd.ts';

const { address, scene, crowd } = workerData as { address: string; scene: string; crowd: Crowd };
const shop = new decisions.DecisionServiceClient(address, credentials.createInsecure());
const decide = promisify<decisions.DecideRequest, decisions.DecideResponse>(shop.decide.bind(shop));
let isStopped = false;
parentPort?.on('message', () => {
  isStopped = true;
});

const times: number[] = [];
while (!isStopped) {
  const token = anybody(crowd);
  const began = performance.now();
  await decide({ token, scene });
  times.push(performance.now() - began);
}
shop.close();
parentPort?.postMessage(times.sort((a, b) => a - b));
parentPort?.close();
