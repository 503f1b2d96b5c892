// Strict type-checked linting plus ceilings on size: a file or function that grows past them wants splitting by idea.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['node_modules/**', '.cache/**', 'runs/**', 'quickstart/**', '**/*.gen.ts', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // It rejects object literals and subclasses for the classes of typed third-party clients.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      complexity: ['error', 12],
      'max-depth': ['error', 4],
      'max-params': ['error', 5],
      'max-lines': ['error', 400],
      'max-nested-callbacks': ['error', 4],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  {
    // A computed delay may be longer than Node's timers take: timing/timers.ts waits for any.
    files: ['**/*.ts'],
    ignores: ['**/*.test.ts', 'test/**', 'scripts/**', 'timing/timers.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval'],
      'no-restricted-properties': ['error', { object: 'AbortSignal', property: 'timeout' }],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:timers', 'timers', 'timers/promises', 'node:timers/promises'].map((name) => ({
            name,
            importNames: ['setTimeout', 'setInterval', 'scheduler'],
          })),
        },
      ],
    },
  },
  {
    // Number loops over typed arrays read what the loop bound already guarantees.
    files: [
      'trainer-image/**/*.ts',
      'multigrid/**/*.ts',
      '**/*.test.ts',
      'test/**/*.ts',
      'cli/dataset/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { 'max-nested-callbacks': 'off', 'max-lines': ['error', 400] },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
