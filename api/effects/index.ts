/** The door of effects: whether it worked, measured by protected questions and arithmetic after noise. */
export { makeEffectService } from './effect-service.ts';
