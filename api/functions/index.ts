/** The door of scoring functions: submitted, checked behind the wall, kept sealed, and opened for runs alone. */
export { makeFunctionService } from './function-service.ts';
export { functionViewsOf, readFunctionViews } from './function-views.ts';
export { openFunctions } from './open-functions.ts';
export { tellRetired } from './tell-retired.ts';
