import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // These run inside VS Code, with mocha.
    exclude: ['test/vscode/**', 'test/fixtures/**', '**/node_modules/**'],
    globalSetup: ['test/setup-build.ts'],
    // Tests start processes: one check of a cold machine takes seconds, and two cores are all there may be.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
