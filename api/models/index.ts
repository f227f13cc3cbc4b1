/** The door of models: persons ranked or grouped by what was learnt from released answers. */
export { makeModelService } from './model-service.ts';
export { type ModelCutPlace, sqlOfModelCut } from './sql-of-model-cut.ts';
export type { SeedAudience, TrainingTools } from './train-model.ts';
