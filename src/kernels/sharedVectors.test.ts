// A component of a vector in storage or workgroup memory, chosen by a number that is known only there, is stored by many
// adapters as the whole vector: Metal and D3D read it, change it and write it back. Where neighbours store the other
// components at the same time, values are lost. The adapters of these tests do not, so that only a look at the texts tells.
import { expect, test } from 'vitest';

const texts = import.meta.glob<string>('../../shaders/**/*.wgsl', {
  eager: true,
  query: '?raw',
  import: 'default',
});

/** Stores to `name[i][j]` where `name` is an array of vectors that invocations share, to `name[i][j][k]` where it is one of arrays of them. */
function sharedComponents(text: string): readonly string[] {
  const declared = text.matchAll(/var<(?:workgroup|storage, read_write)> (\w+): ((?:array<)+)vec/g);
  const shared = new Map([...declared].map(([, name, arrays]) => [name, arrays?.match(/</g)?.length]));
  const stores = [...text.matchAll(/^\s*(\w+)((?:\[.*?\])+) [-+*/]?=[^=]/gm)];
  return stores
    .filter(([, name, indices]) => (indices?.split('][').length ?? 0) > (shared.get(name) ?? Infinity))
    .map(([store]) => store.trim());
}

test('no shader stores a chosen component of a vector that invocations share', () => {
  expect(Object.keys(texts).length).toBeGreaterThan(80);
  expect(
    Object.entries(texts).flatMap(([name, text]) =>
      sharedComponents(text).map((store) => `${name}: ${store}`),
    ),
  ).toEqual([]);
});

test('a store of that kind is seen', () => {
  const text = 'var<workgroup> slice: array<vec4f, 4>;\nfn f(i: u32) {\n  slice[i / 4u][i % 4u] = 1.0;\n}\n';
  expect(sharedComponents(text)).toHaveLength(1);
  expect(sharedComponents(text.replace('[i % 4u]', ''))).toEqual([]);
  const nested = text.replace('array<vec4f, 4>', 'array<array<vec4f, 2>, 2>');
  expect(sharedComponents(nested)).toEqual([]);
  expect(sharedComponents(nested.replace('[i % 4u]', '[i / 2u][i % 4u]'))).toHaveLength(1);
});
