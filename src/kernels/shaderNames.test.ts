// A kernel is several texts in one module: no name is given to two of its functions. Adapters would refuse it, but only
// where its own test runs; this reads the texts of all.
import { expect, test } from 'vitest';
import { shaderText } from '../gpu/shaderLibrary.ts';
import type { Kernel, Source } from '../tensor/kernel.ts';
import { matmulTiled } from './matmulTiled.ts';
import { matmulWeightGradientTiled } from './matmulWeightGradientTiled.ts';
import { rowLoss } from './rowLoss.ts';
import { rowLossRegisters } from './rowLossRegisters.ts';
import { rowLossWide } from './rowLossWide.ts';
import { termIds } from './rowTerms.ts';

const modules = import.meta.glob<Readonly<Record<string, unknown>>>(
  ['./*.ts', '!./*.test.ts', '!./*Tests.ts', '!./*Cases.ts', '!./checkKernel.ts'],
  { eager: true },
);

interface Module {
  readonly name: string;
  readonly sources: readonly Source[];
}

/** Kernels whose texts are the same whatever their parameters. */
function isModule(value: unknown): value is Module {
  return (
    typeof value === 'object' &&
    value !== null &&
    'bindings' in value &&
    'sources' in value &&
    Array.isArray(value.sources)
  );
}

function twice({ sources }: Module): readonly string[] {
  const text = sources.map(textOf).join('\n');
  const names = [...text.matchAll(/^fn (\w+)/gm)].map(([, name]) => name ?? '');
  return names.filter((name, i) => names.indexOf(name) !== i);
}

function textOf(source: Source): string {
  if (typeof source === 'string') return shaderText([source]);
  return 'text' in source ? source.text : shaderText([source.path]);
}

function ofTerms(kernel: typeof rowLoss | typeof rowLossWide): readonly Module[] {
  return termIds.map((id) => ({
    ...moduleOf(kernel, { rows: 1, classes: 100, terms: [id] }),
    name: `${kernel.name} with ${id}`,
  }));
}

function ofProducts(): readonly Module[] {
  const shape = { m: 1, n: 1, k: 1, accumulate: false };
  return [
    ...[false, true].map((transposeB) => moduleOf(matmulTiled, { ...shape, transposeB, epilogue: 'none' })),
    moduleOf(matmulWeightGradientTiled, { ...shape, bias: true }),
  ];
}

function moduleOf<P>(kernel: Kernel<P>, params: P): Module {
  const sources = typeof kernel.sources === 'function' ? kernel.sources(params) : kernel.sources;
  return { name: kernel.name, sources };
}

test('no kernel has two functions of one name', () => {
  const fixed = Object.values(modules).flatMap((one) => Object.values(one).filter(isModule));
  const all = [
    ...fixed,
    ...ofTerms(rowLoss),
    ...ofTerms(rowLossWide),
    ...ofTerms(rowLossRegisters),
    ...ofProducts(),
  ];
  expect(all.length).toBeGreaterThan(80);
  expect(all.flatMap((one) => twice(one).map((name) => `${one.name}: ${name}`))).toEqual([]);
});

test('a name that is given twice is seen', () => {
  const text = 'fn same() {}\nfn other() {}\n';
  const sources = [
    { name: 'one', text },
    { name: 'two', text: 'fn same() {}' },
  ];
  expect(twice({ name: 'planted', sources })).toEqual(['same']);
});
