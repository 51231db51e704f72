// Holds the house to its plan: which folder may import which, and what no file may do. The rules are in
// architecture.ts; each is shown here to catch a planted offender before it is put to the tree itself.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  bannedSyntax,
  carriedAlong,
  eagerImports,
  importCycles,
  kernelsWithoutPartner,
  longest,
  longFiles,
  strayGpuNames,
  strayImports,
  type Tree,
  tableCycles,
  withoutHeader,
  type Zone,
  type Zones,
  zoneOf,
} from './architecture.ts';

/** From what stands alone to what stands on all of it. */
const house: Zones = {
  'src/locales/': { imports: [] },
  'src/losses/formula/': { imports: ['src/losses/formula/'], packages: ['jsep'] },
  'src/spec/': { imports: ['src/spec/', 'src/losses/formula/'], packages: ['valibot'] },
  'src/tensor/': { imports: ['src/tensor/', 'src/spec/'] },
  'src/protocol/': { imports: ['src/protocol/', 'src/spec/'] },
  'src/cpu/': { imports: ['src/cpu/', 'src/tensor/', 'src/spec/'] },
  'src/gpu/': { imports: ['src/gpu/', 'src/tensor/', 'src/spec/', 'shaders/'] },
  'src/gpu/node.ts': { imports: ['src/gpu/'], packages: ['webgpu', 'node:'] },
  'src/kernels/': { imports: ['src/kernels/', 'src/tensor/', 'src/spec/'] },
  'src/ops/': { imports: ['src/ops/', 'src/kernels/', 'src/tensor/', 'src/spec/'] },
  'src/students/': { imports: ['src/students/', 'src/ops/', 'src/tensor/', 'src/spec/'] },
  'src/losses/': { imports: ['src/losses/', 'src/kernels/', 'src/protocol/', 'src/tensor/', 'src/spec/'] },
  'src/data/': { imports: ['src/data/', 'src/tensor/', 'src/spec/'], packages: ['fflate', '@huggingface/'] },
  'src/teachers/': {
    imports: ['src/teachers/', 'src/protocol/', 'src/tensor/', 'src/spec/'],
    packages: ['valibot', '@noble/hashes'],
  },
  'src/teachers/onnx/': {
    imports: ['src/teachers/', 'src/protocol/', 'src/tensor/', 'src/spec/'],
    packages: ['onnxruntime-web', '@bufbuild/protobuf'],
  },
  'src/teachers/onnx/wasmTeacherClient.ts': {
    imports: ['src/teachers/', 'src/protocol/', 'src/tensor/', 'src/spec/'],
    threads: ['src/workers/wasmTeacher.ts'],
  },
  'src/sharing/': {
    imports: ['src/sharing/', 'src/protocol/', 'src/tensor/', 'src/spec/'],
    packages: ['valibot', 'fflate', '@bufbuild/protobuf'],
  },
  'src/training/': {
    imports: [
      'src/training/',
      'src/students/',
      'src/losses/',
      'src/teachers/',
      'src/data/',
      'src/sharing/',
      'src/ops/',
      'src/kernels/',
      'src/protocol/',
      'src/tensor/',
      'src/spec/',
    ],
    packages: ['valibot'],
  },
  'src/store/': {
    imports: [
      'src/store/',
      'src/protocol/',
      'src/spec/',
      'src/losses/distribution.ts',
      'src/data/',
      'src/sharing/',
    ],
    packages: ['zustand'],
  },
  'src/store/workerEngine.ts': {
    imports: ['src/store/', 'src/protocol/', 'src/spec/'],
    threads: ['src/workers/engine.ts'],
  },
  'src/ui/': {
    imports: [
      'src/ui/',
      'src/store/',
      'src/protocol/',
      'src/spec/',
      'src/losses/distribution.ts',
      'src/locales/',
    ],
    packages: ['react', 'react-dom', 'zustand', 'uplot', 'qrcode-generator'],
  },
  // The loss laboratory: loaded when it is called for, so it may bring the catalogue and the float64 references.
  'src/ui/lab/': {
    imports: ['src/ui/', 'src/store/', 'src/protocol/', 'src/spec/', 'src/losses/', 'src/locales/'],
    packages: ['react', 'temml'],
  },
  'src/trustedTypes.ts': { imports: [] },
  'src/architecture.ts': { imports: [], packages: ['vite'] },
};

const engine = Object.keys(house).filter((key) => key.endsWith('/') && !/\/(?:ui|store|locales)\//.test(key));
const testTools = [
  ...['vitest', 'fast-check', 'webgpu', 'onnxruntime-web', '@valibot/to-json-schema', 'node:'],
  ...['@huggingface/tokenizers', 'fflate'],
];
/** Parts that several tests share: by their names, since their text looks like any other. */
const testParts = /\/(?:checkKernel|fake[A-Z]\w*|\w+(?:Cases|Tests))\.ts$/;

const zones: Zones = {
  ...house,
  // Two entry points that stand on the whole engine.
  'src/workers/': { imports: [...engine, 'src/workers/', 'src/trustedTypes.ts'] },
  'src/node/': { imports: [...engine, 'src/node/'], packages: ['node:', 'webgpu', 'valibot'] },
  'scripts/': { imports: ['scripts/'], packages: ['node:', 'webgpu'] },
  'bench/': {
    imports: [...engine, 'src/node/commandLine.ts', 'scripts/drivers.mjs', 'bench/', 'package.json'],
    packages: ['node:', 'webgpu', '@jax-js/jax', '@tensorflow/', 'vite', '@playwright/test'],
  },
  'e2e/': {
    imports: [...engine, 'e2e/', 'scripts/'],
    packages: ['@playwright/test', 'axe-core', 'node:'],
  },
  'vite.config.ts': { imports: [], packages: ['vite', '@vitejs/plugin-react', 'node:'] },
  'vite.node.config.ts': { imports: [], packages: ['vite', 'node:'] },
  'vitest.config.ts': { imports: ['scripts/'], packages: ['vitest'] },
  'playwright.config.ts': { imports: ['e2e/'], packages: ['@playwright/test'] },
};

/** A test may also use all of the engine, the words of the page, and the models that the browser tests open. */
function withTests(tree: Tree): Zones {
  const tests = [...tree.keys()].filter((path) => path.includes('.test.') || testParts.test(path));
  const entries = tests.map((path): [string, Zone] => {
    const own = zoneOf(path, zones);
    const shared = ['src/architecture.ts', 'src/locales/', 'e2e/'];
    const imports = [...(own?.imports ?? []), ...engine, ...shared];
    return [path, { imports, packages: [...(own?.packages ?? []), ...testTools] }];
  });
  return { ...zones, ...Object.fromEntries(entries) };
}

const gpuFolders = [
  'src/gpu/',
  'src/teachers/onnx/gpuSession.ts',
  'src/teachers/onnx/gpuStaging.ts',
  'src/workers/',
  'src/node/',
  // Count and record what crosses these very interfaces.
  ...['e2e/crossings.ts', 'scripts/shaderRecord.mjs'],
];
const notOnThePage = [
  'src/gpu/',
  'src/cpu/',
  'src/kernels/',
  'src/ops/',
  'src/students/',
  'src/training/',
  'src/teachers/',
  'src/workers/',
  'src/node/',
  'onnxruntime-web',
];

const laboratory = 'src/ui/lab/';

/** What is loaded first by the page, by its threads and by the programs. */
const entries = [
  'src/ui/main.tsx',
  'src/workers/engine.ts',
  'src/workers/wasmTeacher.ts',
  'src/node/distill.ts',
  'src/node/teachers.ts',
  'src/node/recordings.ts',
  'src/node/experiments.ts',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const tree = readTree(['src', 'shaders', 'bench', 'e2e', 'scripts']);

function readTree(folders: readonly string[]): Tree {
  const inFolders = folders.flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
  );
  const paths = [...readdirSync(root), ...inFolders].map((path) => path.replaceAll('\\', '/'));
  const sources = paths.filter((path) => /\.(?:tsx?|m?js|mts|wgsl)$/.test(path));
  return new Map(sources.sort().map((path) => [path, readFileSync(root + path, 'utf8')]));
}

function planted(files: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(files));
}

describe('the rules catch what they forbid', () => {
  const strays = (path: string, text: string) => strayImports(planted({ [path]: text }), zones);

  test.each([
    ['src/store/a.ts', "import { x } from '../training/trainer.ts';", 'imports src/training/trainer.ts'],
    ['src/store/a.ts', "import type { X } from '../ui/App.tsx';", 'imports src/ui/App.tsx'],
    ['src/store/a.ts', "export { x } from '../gpu/device.ts';", 'imports src/gpu/device.ts'],
    ['src/store/a.ts', "type X = import('../gpu/device.ts').X;", 'imports src/gpu/device.ts'],
    ['src/store/a.ts', "const x = await import('../workers/engine.ts');", 'imports src/workers/engine.ts'],
    ['src/store/a.ts', "new URL('../workers/engine.ts', import.meta.url);", 'starts src/workers/engine.ts'],
    ['src/store/a.ts', "import { useState } from 'react';", 'imports react'],
    ['src/spec/a.ts', "import '../tensor/live.ts';", 'imports src/tensor/live.ts'],
    ['src/training/a.ts', "import { readFileSync } from 'node:fs';", 'imports node:fs'],
    ['src/node/a.ts', "import { x } from '../store/state.ts';", 'imports src/store/state.ts'],
    ['src/losses/a.ts', "import { x } from '../kernels-old/b.ts';", 'imports src/kernels-old/b.ts'],
    ['src/kernels/a.ts', "import { test } from 'vitest';", 'imports vitest'],
    ['src/ui/a.tsx', "import { softmax } from '../losses/catalogue.ts';", 'imports src/losses/catalogue.ts'],
    ['src/ui/a.ts', 'const x = await import(name);', 'imports an address that it computes'],
    ['src/utils/a.ts', '', 'lies in no folder of the table'],
  ])('%s may not hold: %s', (path, text, complaint) => {
    expect(strays(path, text)).toEqual([`${path} ${complaint}.`]);
  });

  test('an import in a comment, in a string, or of an allowed folder is none', () => {
    const text =
      "// import '../ui/App.tsx'\nimport '../spec/equal.ts';\nconst s = \"import('../ui/App.tsx')\";\n";
    expect(strays('src/store/a.ts', text)).toEqual([]);
    const starts = "new URL('../workers/engine.ts', import.meta.url); new URL('./x.json', base);";
    expect(strays('src/store/workerEngine.ts', starts)).toEqual([]);
  });

  test('a test may use the engine, and outside ui neither the page nor React', () => {
    const files = planted({
      'src/data/a.test.ts': "import '../training/trainer.ts';\nimport 'vitest';\nimport 'node:fs';",
      'src/data/b.test.ts': "import '../ui/App.tsx';\nimport 'react';",
      'src/ui/c.test.tsx': "import './App.tsx';\nimport 'react';",
    });
    expect(strayImports(files, withTests(files))).toEqual([
      'src/data/b.test.ts imports src/ui/App.tsx.',
      'src/data/b.test.ts imports react.',
    ]);
  });

  test('a circle of modules is found, however long, and one of types alone is none', () => {
    const files = {
      'src/a.ts': "import './b.ts';",
      'src/b.ts': "export * from './c.ts';",
      'src/c.ts': "import { type X, y } from './a.ts';",
    };
    expect(importCycles(planted(files))).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts is a circle.']);
    expect(importCycles(planted({ ...files, 'src/c.ts': "import { type X } from './a.ts';" }))).toEqual([]);
  });

  test('a table that lets two folders import each other is found, by way of a single file too', () => {
    const table = { 'src/a/': { imports: ['src/b/x.ts'] }, 'src/b/': { imports: [] } };
    expect(tableCycles(table)).toEqual([]);
    expect(tableCycles({ ...table, 'src/b/y.ts': { imports: ['src/a/'] } })).toEqual([
      'src/a/ → src/b/ → src/a/ is a circle.',
    ]);
  });

  test('what comes along over two allowed imports is found', () => {
    const files = {
      'src/ui/main.tsx': "const x = import('../losses/distribution.ts');",
      'src/losses/distribution.ts': "import { k } from '../kernels/rowLoss.ts';",
      'src/kernels/rowLoss.ts': '',
    };
    expect(carriedAlong(planted(files), 'src/ui/main.tsx', notOnThePage)).toEqual([
      'src/ui/main.tsx carries src/kernels/rowLoss.ts along, by src/losses/distribution.ts.',
    ]);
    const types = {
      ...files,
      'src/losses/distribution.ts': "import type { k } from '../kernels/rowLoss.ts';",
    };
    expect(carriedAlong(planted(types), 'src/ui/main.tsx', notOnThePage)).toEqual([]);
  });

  test('a laboratory that is loaded with the page is found, and one that is called for is none', () => {
    const lab = { 'src/ui/lab/b.ts': "import '../../kernels/a.ts';", 'src/kernels/a.ts': '' };
    const lazy = planted({ ...lab, 'src/ui/main.tsx': "const x = import('./lab/b.ts');" });
    expect(eagerImports(lazy, laboratory)).toEqual([]);
    expect(carriedAlong(lazy, 'src/ui/main.tsx', notOnThePage, laboratory)).toEqual([]);
    const eager = planted({ ...lab, 'src/ui/main.tsx': "import { x } from './lab/b.ts';" });
    expect(eagerImports(eager, laboratory)).toEqual(['src/ui/main.tsx loads src/ui/lab/b.ts at once.']);
  });

  test('a GPU type is found as a type, as a value and as a property, but not in a comment', () => {
    const files = planted({
      'src/store/a.ts': 'let a: GPUDevice; const b = globalThis.GPUBufferUsage; // GPUAdapter',
      'src/gpu/a.ts': 'let a: GPUDevice;',
      'src/tensor/a.gpu.test.ts': 'let a: GPUDevice;',
      'src/tensor/a.test.ts': 'let a: GPUDevice;',
    });
    expect(strayGpuNames(files, gpuFolders)).toEqual([
      'src/store/a.ts names GPUDevice, GPUBufferUsage.',
      'src/tensor/a.test.ts names GPUDevice.',
    ]);
  });

  test.each([
    ['export default 1;', 'a default export'],
    ['const a = 1;\nexport { a as default };', 'a default export'],
    ['// biome-ignore lint/suspicious/noExplicitAny: no\nlet a: any;', '`any`'],
    ['const a = b!;', '`!`'],
    ['enum A { B }', 'an enum'],
  ])('%j is not written here', (text, what) => {
    expect(bannedSyntax(planted({ 'src/a.ts': text }))).toEqual([`src/a.ts has ${what}.`]);
    expect(bannedSyntax(planted({ 'src/a.ts': 'let a = !b; // any! export default' }))).toEqual([]);
  });

  test("a tool's configuration may export by default, and do nothing else that is banned", () => {
    expect(bannedSyntax(planted({ 'a.config.ts': 'export default 1 as any;' }))).toEqual([
      'a.config.ts has `any`.',
    ]);
  });

  test('a file may have as many lines as the longest, and not one more', () => {
    const lines = (n: number) => 'x\n'.repeat(n);
    expect(longFiles(planted({ 'src/a.test.ts': lines(longest), 'shaders/a.wgsl': lines(longest) }))).toEqual(
      [],
    );
    expect(longFiles(planted({ 'src/a.test.ts': lines(longest + 1) }))).toEqual([
      'src/a.test.ts has 401 lines of at most 400.',
    ]);
  });

  test.each([
    "import './b.ts';\n// What this file is, too late.",
    '// biome-ignore-all lint: because',
    '// ?\nlet a;',
    '',
  ])('%j has no header', (text) => {
    expect(withoutHeader(planted({ 'src/a.ts': text }))).toEqual(['src/a.ts has no header comment.']);
  });

  test('a header may be of lines or a block, and stand below the name of an interpreter', () => {
    const said = '// Says what this file is.\nlet a;';
    const block = '/**\n * Says what this file is.\n */\nlet a;';
    const files = { 'src/a.ts': said, 'src/b.ts': block, 'scripts/c.mjs': `#!/usr/bin/env node\n${said}` };
    expect(withoutHeader(planted(files))).toEqual([]);
  });

  test('a kernel needs its wrapper, its test, and somebody who names its text', () => {
    const whole = {
      'shaders/nn/row_loss.wgsl': '',
      'shaders/lib/math.wgsl': '',
      'src/kernels/rowLoss.ts': "sources: ['lib/math', 'nn/row_loss']",
      'src/kernels/rowLoss.test.ts': '',
    };
    const without = (path: string) =>
      kernelsWithoutPartner(
        planted(Object.fromEntries(Object.entries(whole).filter(([key]) => key !== path))),
      );
    expect(kernelsWithoutPartner(planted(whole))).toEqual([]);
    expect(without('src/kernels/rowLoss.test.ts')).toEqual([
      'shaders/nn/row_loss.wgsl has no test src/kernels/rowLoss.test.ts.',
    ]);
    expect(without('src/kernels/rowLoss.ts')).toEqual([
      'No kernel names shaders/nn/row_loss.wgsl.',
      'shaders/nn/row_loss.wgsl has no wrapper src/kernels/rowLoss.ts.',
      'No kernel names shaders/lib/math.wgsl.',
    ]);
  });
});

describe('the tree', () => {
  test('is read whole: folders, shaders and configuration', () => {
    const sample = ['src/ui/main.tsx', 'shaders/tensor/add.wgsl', 'scripts/check.mjs', 'vite.config.ts'];
    expect(sample.filter((path) => !tree.has(path))).toEqual([]);
    expect(
      Object.keys(house).filter((key) => ![...tree.keys()].some((path) => path.startsWith(key))),
    ).toEqual([
      // One file of words, and no code.
      'src/locales/',
    ]);
  });

  test('imports only what its table allows', () => expect(strayImports(tree, withTests(tree))).toEqual([]));
  test('has a table of one direction', () => expect(tableCycles(house)).toEqual([]));
  test('has no circle of imports', () => expect(importCycles(tree)).toEqual([]));
  test('keeps the engine out of the page, over any number of imports', () =>
    expect(carriedAlong(tree, 'src/ui/main.tsx', notOnThePage, laboratory)).toEqual([]));
  test('loads the laboratory when it is called for, and with it no more of the engine than the references', () => {
    for (const folder of [laboratory, 'src/ui/language/']) expect(eagerImports(tree, folder)).toEqual([]);
    const parts = [...tree.keys()].filter((path) => path.startsWith(laboratory) && !path.includes('.test.'));
    const engineParts = notOnThePage.filter((prefix) => prefix !== 'src/kernels/');
    expect(parts.flatMap((path) => carriedAlong(tree, path, engineParts))).toEqual([]);
  });
  test('ships no part of a test', () => {
    const parts = [...tree.keys()].filter((path) => testParts.test(path));
    expect(parts).toContain('src/kernels/checkKernel.ts');
    expect(entries.filter((entry) => !tree.has(entry))).toEqual([]);
    expect(entries.flatMap((entry) => carriedAlong(tree, entry, [...parts, 'vitest', 'fast-check']))).toEqual(
      [],
    );
  });
  test("names WebGPU's interfaces only where a device may live", () =>
    expect(strayGpuNames(tree, gpuFolders)).toEqual([]));
  test('has no `any`, no `!`, no enum and no default export', () => expect(bannedSyntax(tree)).toEqual([]));
  test('has no file of more than 400 lines', () => expect(longFiles(tree)).toEqual([]));
  test('says at the top of each file what it is', () => expect(withoutHeader(tree)).toEqual([]));
  test('has a wrapper, a test and a user for each shader', () =>
    expect(kernelsWithoutPartner(tree)).toEqual([]));
});
