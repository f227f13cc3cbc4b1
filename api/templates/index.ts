/** The door of templates: published, approved, filled in and run. */
export { makeTemplateService } from './template-service.ts';
