// Two suites. `unit` needs no GPU. `gpu` (all of src/kernels and src/gpu, and *.gpu.test.ts anywhere) runs on the Vulkan
// driver that STILLROOM_ADAPTER names, or on the best one here; `npm test` runs it once for each driver it finds.
import { defineConfig } from 'vitest/config';
import { chooseDriver, driverEnv } from './scripts/drivers.mjs';

// Vitest 5 reports failures with Map.groupBy, which Node has from 21 on. To be deleted with Node 20.
if (!('groupBy' in Map)) {
  Object.assign(Map, {
    groupBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K) {
      const groups = new Map<K, T[]>();
      for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
      return groups;
    },
  });
}

// The Vulkan loader reads the environment of the process, so it is set here, before any worker starts.
Object.assign(process.env, driverEnv(chooseDriver()));

const GPU_TESTS = ['src/**/*.gpu.test.ts', 'src/kernels/**/*.test.ts', 'src/gpu/**/*.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    environment: 'node',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,bench}/**/*.test.{ts,tsx}'],
          exclude: GPU_TESTS,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        // A process for each file: Dawn's global state must not outlive a device that another file lost on purpose.
        test: {
          name: 'gpu',
          include: GPU_TESTS,
          setupFiles: ['scripts/shaderRecord.mjs'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
