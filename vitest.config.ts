import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'protocol/**/*.test.ts',
      'engine/**/*.test.ts',
      'bots/**/*.test.ts',
      'bench/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // Many tests start real engines and bots; a slow disk must not look like a failure.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
