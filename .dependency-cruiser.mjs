// The arrows of the house, each rule named after the promise it keeps. Run by tools/check-arrows.ts.

import { existsSync, readdirSync } from 'node:fs';

const TEST = '\\.test\\.ts$|/testdata/';
const ROOMS = 'proto|policies|identity|points|sandbox|audit|api';
const CLIENTS = 'cli|console|examples';

// The chapter folders of the rooms that have a door. A chapter without one is open to its room.
const chapters = [...ROOMS.split('|'), ...CLIENTS.split('|')]
  .filter((room) => existsSync(room))
  .flatMap((room) => readdirSync(room).map((name) => `${room}/${name}`))
  .filter((folder) => existsSync(`${folder}/index.ts`))
  .join('|');

/** @type {import('dependency-cruiser').IConfiguration['forbidden']} */
const forbidden = [
  {
    name: 'decisions-are-pure',
    comment:
      'policies/ imports nothing but itself: no I/O, clock or randomness can reach a decision, so an auditor can replay it. Pass the value in as an argument.',
    severity: 'error',
    from: { path: '^policies/', pathNot: TEST },
    to: { pathNot: '^policies/' },
  },
  {
    name: 'identity-is-a-leaf',
    comment:
      'identity/ imports hashing, the list of telephone numbers, the group of the hidden match, and nothing else: it runs on the machines of others, and one implementation serves all.',
    severity: 'error',
    from: { path: '^identity/', pathNot: TEST },
    to: { pathNot: ['^identity/', '^crypto$', 'node_modules/(libphonenumber-js|libsodium-wrappers-sumo)/'] },
  },
  {
    name: 'points-are-a-leaf',
    comment:
      'points/ imports hashing, libsodium and nothing else: it runs on the machines of others, and one implementation serves both sides of a match.',
    severity: 'error',
    from: { path: '^points/', pathNot: TEST },
    to: { pathNot: ['^points/', '^crypto$', 'node_modules/libsodium-wrappers-sumo/'] },
  },
  {
    name: 'points-are-made-by-their-owner-or-behind-the-wall',
    comment:
      'whoever makes points of digests has the digests in its hands: clients hide their own, the worker those of a table. The service carries bytes.',
    severity: 'error',
    from: { path: '^(api|audit|policies|proto|identity|sandbox/(host|wire))/', pathNot: TEST },
    to: { path: '^points/' },
  },
  {
    name: 'identifiers-are-hashed-by-their-owner-or-behind-the-wall',
    comment:
      'the service itself never holds an identifier as it is: clients hash before they send, the worker while it parses. Take a digest instead. (Destinations ask whether a word is a kind; and what somebody wrote into a question is here as it is, so that an erasure looks for it here.)',
    severity: 'error',
    from: {
      path: '^(api|audit|policies|proto|sandbox/(host|wire))/',
      pathNot: [TEST, '^api/destinations/create-destination\\.ts$', '^api/details/names-any\\.ts$'],
    },
    to: { path: '^identity/' },
  },
  {
    name: 'engine-stays-behind-the-wall',
    comment:
      'only sandbox/worker imports the engine: everywhere else it would run outside the wall. Send the worker a plan instead. (Tests and benches may ask the engine for the right answer.)',
    severity: 'error',
    from: { pathNot: ['^(sandbox/worker|test|bench)/', TEST] },
    to: { path: 'node_modules/(duckdb|@duckdb)(/|$)' },
  },
  {
    name: 'nobody-imports-the-worker',
    comment:
      'the worker is started as a process, by its path; whoever imports it runs the engine on the wrong side of the wall. (One bench compares modules that it makes itself.)',
    severity: 'error',
    from: { pathNot: ['^sandbox/worker/', '^bench/wasm-functions\\.ts$'] },
    to: { path: '^sandbox/worker/' },
  },
  {
    name: 'worker-trusts-only-the-wire',
    comment:
      'the worker shares nothing with the host but the wire: code of the host in it would be code within reach of an exploited engine.',
    severity: 'error',
    from: { path: '^sandbox/worker/', pathNot: TEST },
    to: { path: '^sandbox/', pathNot: '^sandbox/(worker/|wire/)' },
  },
  {
    name: 'wall-knows-no-policy',
    comment:
      'sandbox/ takes types, and only types, from policies/: the wall holds whatever the policy says. Use `import type`.',
    severity: 'error',
    from: { path: '^sandbox/', pathNot: TEST },
    to: { path: '^policies/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'leaves-know-nothing-of-each-other',
    comment:
      'sandbox/ may see types of policies/ and nothing else of the house; audit/ and proto/ see nothing but themselves. Join rooms in api/.',
    severity: 'error',
    from: { path: '^(sandbox|audit|proto)/', pathNot: TEST },
    to: {
      path: '^(proto|policies|sandbox|audit|api|cli|console|examples|test|bench|tools)/',
      pathNot: ['^$1/', '^policies/'],
    },
  },
  {
    name: 'memory-stands-alone',
    comment: 'audit/ takes nothing from policies/: a log must be verifiable without the service that wrote it.',
    severity: 'error',
    from: { path: '^(audit|proto)/', pathNot: TEST },
    to: { path: '^policies/' },
  },
  {
    name: 'clients-know-only-the-contract',
    comment:
      'cli/, console/ and examples/ import proto/ and packages only: whatever they can do, a client that we did not write can do.',
    severity: 'error',
    from: { path: `^(${CLIENTS})/`, pathNot: [TEST, '^cli/(audit-(verify|replay)\\.ts$|auditor/)'] },
    to: { path: '^(policies|sandbox|audit|api|cli|console|examples|test|bench|tools)/', pathNot: '^$1/' },
  },
  {
    name: 'auditor-verifies-without-the-service',
    comment:
      'the one client with code of a room in it is the verifier: an auditor recomputes every proof offline and believes no answer. It enters audit/ by its door.',
    severity: 'error',
    from: { path: '^cli/(audit-verify\\.ts$|auditor/)', pathNot: TEST },
    to: { path: '^(policies|sandbox|audit|api|console|examples|test|bench|tools)/', pathNot: '^audit/index\\.ts$' },
  },
  {
    name: 'auditor-decides-again-without-the-service',
    comment:
      'an auditor replays a decision with the rules themselves, which are pure. That client enters policies/ by its door, and nothing else.',
    severity: 'error',
    from: { path: '^cli/audit-replay\\.ts$' },
    to: { path: '^(policies|sandbox|audit|api|console|examples|test|bench|tools)/', pathNot: '^policies/index\\.ts$' },
  },
  {
    name: 'nothing-imports-the-trunk',
    comment: 'api/ joins the rooms; whoever imports it closes a circle. Tests and benches may start it by its door.',
    severity: 'error',
    from: { pathNot: ['^(api|test|bench)/', TEST] },
    to: { path: '^api/' },
  },
  {
    name: 'rooms-are-entered-by-their-door',
    comment: 'from outside, a room is its index.ts. Export what you need there, or ask whether you need it.',
    severity: 'error',
    // The testkit is the door of those who attack the wall: nothing that ships enters by it.
    // The proof is checked from inside: what bounds a person is no business of the trunk, so the door has none of it.
    // What sealed files cost is measured on the vault itself, which the trunk as a whole has no door to.
    from: {
      path: '^([^/]+)/',
      pathNot: ['^(?!test/).+\\.test\\.ts$', '^test/proof/', '^bench/(wasm-functions|at-rest|entry-index)'],
    },
    to: {
      path: `^(${ROOMS})/`,
      pathNot: ['^$1/', '^[^/]+/index\\.ts$', '^sandbox/testkit/index\\.ts$', '^identity/[a-z-]+\\.json$'],
    },
  },
  {
    name: 'chapters-are-entered-by-their-door',
    comment: 'within a room, a chapter folder that has an index.ts is entered by it.',
    severity: 'error',
    // What lies on the disk is looked at from inside, past the flows that are on trial.
    from: { path: '^([^/]+/[^/]+)', pathNot: [TEST, '^test/proof/'] },
    to: { path: `^(${chapters})/`, pathNot: ['^$1/', `^(${chapters})/index\\.ts$`] },
  },
  {
    name: 'generated-code-is-entered-by-the-contract',
    comment: 'proto/gen is entered through proto/index.ts, so that the generator can change without anybody noticing.',
    severity: 'error',
    from: { pathNot: '^proto/' },
    to: { path: '^proto/gen/' },
  },
  {
    name: 'product-imports-no-test',
    comment: 'nothing that ships may depend on tests, benches or tools.',
    severity: 'error',
    from: { path: `^(${ROOMS}|${CLIENTS})/`, pathNot: TEST },
    to: { path: ['^(test|bench|tools)/', TEST] },
  },
  {
    name: 'product-imports-declared-packages',
    comment:
      'what ships imports only packages that package.json names under dependencies. (Plots are drawn by who develops, with packages of that day.)',
    severity: 'error',
    from: { path: `^(${ROOMS}|${CLIENTS})/`, pathNot: [TEST, '^examples/plot/'] },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'imports-resolve',
    comment: 'the imported file does not exist.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-cycles',
    comment: 'files that import each other are one file in two pieces. Move what both need into a third.',
    severity: 'error',
    from: { pathNot: '^proto/gen/' },
    to: { circular: true },
  },
];

export default {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
