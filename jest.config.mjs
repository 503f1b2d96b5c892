// One jest project for every suite: `x.test.ts` beside its source, and test/ for what crosses rooms. SWC strips the
// types (`tsc -b` checks them); the environment puts the host's typed arrays on the global, which native addons need.
export default {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: '<rootDir>/test/support/host-realm-environment.mjs',
  testMatch: [
    '<rootDir>/{multigrid,kube,storage,telemetry,job-store,operator,timing,trainer-image,cli,test,scripts}/**/*.test.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/.cache', '<rootDir>/runs', '<rootDir>/quickstart'],
  maxWorkers: 2,
  // Patience is in the waits, which say what they waited for; this only ends what hangs without any.
  testTimeout: 900000,
};
