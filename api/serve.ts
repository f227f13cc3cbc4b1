import type { TableView } from '../policies/index.ts';
import {
  audiences,
  audit,
  collaborations,
  datasets,
  destinations,
  effects,
  functions,
  identity,
  matching,
  models,
  queries,
  rights,
  tags,
  templates,
  uploads,
} from '../proto/index.ts';
import {
  makeAudienceService,
  readSeed,
  startDeliveries,
  sweepSpools,
  withdrawAtDestination,
} from './audiences/index.ts';
import { openLocalIssuer, openTokenVerifier } from './auth/index.ts';
import { makeCollaborationService, readCollaboration } from './collaborations/index.ts';
import type { Config } from './config/index.ts';
import { assertNoRealData, makeDatasetService, sweepSnapshots } from './datasets/index.ts';
import { makeDestinationService } from './destinations/index.ts';
import { makeEffectService } from './effects/index.ts';
import { readTableViews, sweepReleases, tellLostCharges } from './exits/index.ts';
import { makeFunctionService } from './functions/index.ts';
import { type Call, type CountedRefusals, createServer, type OperatorLog } from './grpc/index.ts';
import { makeIdentityService } from './identity/index.ts';
import { type Kitchen, noteStart, openKitchen, record } from './kitchen/index.ts';
import { listLayouts, startLayouts, sweepLayouts } from './layouts/index.ts';
import { EntryIndex, makeLogService, startWitnessing } from './log/index.ts';
import { makeMatchService } from './matching/index.ts';
import { makeModelService } from './models/index.ts';
import { failInterrupted, makeQueryService, makeRuns } from './queries/index.ts';
import { announceOwnReceiptKey } from './receipts/index.ts';
import { makeRightsService, startErasures } from './rights/index.ts';
import { makeTagService } from './tags/index.ts';
import { makeTemplateService } from './templates/index.ts';
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
  await putInOrder(kitchen);
  const runs = makeRuns(kitchen);
  const deliveries = startDeliveries(kitchen);
  const layouts = startLayouts(kitchen, { readViews: (id) => viewsOf(kitchen, id) });
  const erasures = startErasures(kitchen, {
    runs,
    onSwitched: () => deliveries.nudge(),
    forgetLayouts: (ids) => layouts.forget(ids),
  });
  const received = startUploads(kitchen);
  const witnessing = startWitnessing(kitchen);
  const index = await openEntryIndex(kitchen);
  const { verify } = openTokenVerifier(config);
  const server = createServer({
    config,
    verify,
    log: operatorLog,
    onRefusal: (refusals) => noteRefusal(kitchen, refusals),
  });
  server.addService(collaborations.CollaborationServiceService, { ...makeCollaborationService(kitchen, server) });
  server.addService(datasets.DatasetServiceService, { ...makeDatasetService(kitchen, { listLayouts }, server) });
  server.addService(uploads.UploadServiceService, { ...makeUploadService(kitchen, received, server) });
  server.addService(functions.FunctionServiceService, { ...makeFunctionService(kitchen, server) });
  server.addService(identity.IdentityServiceService, { ...makeIdentityService(kitchen, server) });
  server.addService(queries.QueryServiceService, { ...makeQueryService(kitchen, runs, server) });
  server.addService(audiences.AudienceServiceService, {
    ...makeAudienceService(kitchen, { deliveries, runs }, server),
  });
  const withdraw: typeof withdrawAtDestination = async (...from) => {
    await withdrawAtDestination(...from);
    deliveries.nudge();
  };
  server.addService(destinations.DestinationServiceService, { ...makeDestinationService(kitchen, withdraw, server) });
  server.addService(effects.EffectServiceService, { ...makeEffectService(kitchen, runs, server) });
  server.addService(templates.TemplateServiceService, { ...makeTemplateService(kitchen, runs, server) });
  const training = { runs, readSeed: (call: Call, id: string) => readSeed(kitchen, call, id) };
  server.addService(models.ModelServiceService, { ...makeModelService(kitchen, training, server) });
  const tools = { erasures, deliveries };
  server.addService(rights.PersonRightsServiceService, { ...makeRightsService(kitchen, tools, server) });
  server.addService(tags.TagServiceService, { ...makeTagService(kitchen, server) });
  server.addService(matching.MatchServiceService, { ...makeMatchService(kitchen, server) });
  server.addService(audit.AuditServiceService, { ...makeLogService(kitchen, index, server) });
  const port = await server.start();
  void kitchen.logFailed.then(() => {
    operatorLog.error('the log could not be written: nothing more is done until the service is started again');
    server.reportUnfit();
  });
  const stop = async (): Promise<void> => {
    await server.drain(DRAIN_MS);
    await erasures.close();
    await layouts.close();
    await received.close();
    await deliveries.close();
    await runs.close();
    await witnessing.close();
    await record(kitchen, { kind: 'service-stopped', call: null, collaboration: null, subject: {} });
    await kitchen.log.checkpoint();
    await index.close();
    await kitchen.close();
  };
  return { port, stop };
}

/** What a crash may have left half done is told, swept or called failed, before anybody is answered. */
async function putInOrder(kitchen: Kitchen): Promise<void> {
  await assertNoRealData(kitchen);
  await noteStart(kitchen);
  await announceOwnReceiptKey(kitchen);
  await sweepSnapshots(kitchen);
  await sweepLayouts(kitchen);
  await sweepReleases(kitchen);
  await sweepSpools(kitchen);
  await tellLostCharges(kitchen);
  await failInterrupted(kitchen);
}

async function viewsOf(kitchen: Kitchen, collaborationId: string): Promise<readonly TableView[]> {
  const collaboration = await readCollaboration(kitchen, collaborationId);
  return collaboration === undefined ? [] : await readTableViews(kitchen, collaboration);
}

function openEntryIndex({ config, log, operatorLog }: Kitchen): Promise<EntryIndex> {
  const onFailure = (err: unknown) => operatorLog.error({ err }, 'index of the log failed');
  return EntryIndex.open({ directory: config.dataDirectory, log, onFailure });
}

/** Writes refused calls to the log, alike ones counted together: a flood of bad tokens must not fill it. */
async function noteRefusal(kitchen: Kitchen, { refusal, count }: CountedRefusals): Promise<void> {
  const { kind, ...facts } = refusal;
  await record(kitchen, { kind, call: null, collaboration: null, subject: { ...facts, count } });
}
