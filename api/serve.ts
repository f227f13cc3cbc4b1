import {
  audiences,
  audit,
  collaborations,
  datasets,
  functions,
  identity,
  matching,
  queries,
  rights,
  uploads,
} from '../proto/index.ts';
import { makeAudienceService, startDeliveries } from './audiences/index.ts';
import { openLocalIssuer, openTokenVerifier } from './auth/index.ts';
import { makeCollaborationService } from './collaborations/index.ts';
import type { Config } from './config/index.ts';
import { assertNoRealData, makeDatasetService, sweepSnapshots } from './datasets/index.ts';
import { sweepReleases } from './exits/index.ts';
import { makeFunctionService } from './functions/index.ts';
import { type CountedRefusals, createServer, type OperatorLog } from './grpc/index.ts';
import { makeIdentityService } from './identity/index.ts';
import { type Kitchen, openKitchen, record } from './kitchen/index.ts';
import { makeLogService } from './log/index.ts';
import { makeMatchService } from './matching/index.ts';
import { failInterrupted, makeQueryService, makeRuns } from './queries/index.ts';
import { makeRightsService, startErasures } from './rights/index.ts';
import { makeUploadService, startUploads } from './uploads/index.ts';

/** How long calls may go on after the service was told to stop. */
const DRAIN_MS = 10_000;

/** A running service. */
export interface RunningService {
  readonly port: number;
  /** Takes no more calls, lets those under way end, and closes everything in order. */
  readonly stop: () => Promise<void>;
}

/** Starts the service: everything opened and swept, then listening. @throws {Error} naming what could not be */
export async function serve(config: Config, operatorLog: OperatorLog): Promise<RunningService> {
  if (config.issuer.kind === 'local') await openLocalIssuer(config);
  const kitchen = await openKitchen(config, operatorLog);
  await assertNoRealData(kitchen);
  await record(kitchen, { kind: 'service-started', call: null, collaboration: null, subject: {} });
  await sweepSnapshots(kitchen);
  await sweepReleases(kitchen);
  await failInterrupted(kitchen);
  const runs = makeRuns(kitchen);
  const deliveries = startDeliveries(kitchen);
  const erasures = startErasures(kitchen, { runs, onSwitched: () => deliveries.nudge() });
  const received = startUploads(kitchen);
  const { verify } = openTokenVerifier(config);
  const server = createServer({
    config,
    verify,
    log: operatorLog,
    onRefusal: (refusals) => noteRefusal(kitchen, refusals),
  });
  server.addService(collaborations.CollaborationServiceService, { ...makeCollaborationService(kitchen, server) });
  server.addService(datasets.DatasetServiceService, { ...makeDatasetService(kitchen, server) });
  server.addService(uploads.UploadServiceService, { ...makeUploadService(kitchen, received, server) });
  server.addService(functions.FunctionServiceService, { ...makeFunctionService(kitchen, server) });
  server.addService(identity.IdentityServiceService, { ...makeIdentityService(kitchen, server) });
  server.addService(queries.QueryServiceService, { ...makeQueryService(kitchen, runs, server) });
  server.addService(audiences.AudienceServiceService, { ...makeAudienceService(kitchen, deliveries, server) });
  const tools = { erasures, deliveries };
  server.addService(rights.PersonRightsServiceService, { ...makeRightsService(kitchen, tools, server) });
  server.addService(matching.MatchServiceService, { ...makeMatchService(kitchen, server) });
  server.addService(audit.AuditServiceService, { ...makeLogService(kitchen, server) });
  const port = await server.start();
  const stop = async (): Promise<void> => {
    await server.drain(DRAIN_MS);
    await erasures.close();
    await received.close();
    await deliveries.close();
    await runs.close();
    await record(kitchen, { kind: 'service-stopped', call: null, collaboration: null, subject: {} });
    await kitchen.log.checkpoint();
    await kitchen.close();
  };
  return { port, stop };
}

/** Writes refused calls to the log, alike ones counted together: a flood of bad tokens must not fill it. */
async function noteRefusal(kitchen: Kitchen, { refusal, count }: CountedRefusals): Promise<void> {
  const { kind, ...facts } = refusal;
  await record(kitchen, { kind, call: null, collaboration: null, subject: { ...facts, count } });
}
