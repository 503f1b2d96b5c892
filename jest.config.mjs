// Two projects: `unit` runs side by side; `native` holds every suite that loads ONNX Runtime or FFmpeg, one at a
// time with the host's typed arrays on the global object (jest gives each test its own realm).
const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: '<rootDir>/test/support/host-realm-environment.mjs',
  modulePathIgnorePatterns: ['<rootDir>/.cache', '<rootDir>/runs', '<rootDir>/quickstart'],
};

export default {
  projects: [
    {
      ...shared,
      displayName: 'all',
      testMatch: ['<rootDir>/{multigrid,operator,trainer-image,cli,test,scripts}/**/*.test.ts'],
    },
  ],
  reporters: ['default', '<rootDir>/test/support/plain-count-reporter.mjs'],
  maxWorkers: 2,
  testTimeout: 60000,
};
