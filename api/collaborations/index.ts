/** The door of collaborations: members, grants, bindings, rules and the ledger's accounts. */
export { accountsOf, collaborationAccount } from './accounts.ts';
export { admit, assertPermitted } from './admit.ts';
export { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration, rulesOf } from './collaboration-record.ts';
export { makeCollaborationService } from './collaboration-service.ts';
export { accountMessage, arithmeticOf, readBudget } from './read-budget.ts';
export { costMessage } from './to-message.ts';
