// Builds the command-line programs: the same engine, for Node and Dawn, with the shaders' text inside. Packages stay
// outside and are imported at run time. scripts/node.mjs calls this when a source is newer than the last build.
import { existsSync } from 'node:fs';
import { defineConfig } from 'vite';

const PROGRAMS = {
  distill: 'src/node/distill.ts',
  teachers: 'src/node/teachers.ts',
  recordings: 'src/node/recordings.ts',
  experiments: 'src/node/experiments.ts',
  loss: 'src/node/loss.ts',
  soak: 'src/node/soak.ts',
  bench: 'bench/bench.ts',
};

export default defineConfig({
  // The page's files are no part of a program.
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'build/node',
    // A program that is still running keeps the chunks it may load later.
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(Object.entries(PROGRAMS).filter(([, path]) => existsSync(path))),
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});
