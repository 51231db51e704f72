// Lines of a shader that stand there several times.
import { expect, test } from 'vitest';
import { repeated } from './repeated.ts';

test('lines between the marks are repeated with their number, and the others are not', () => {
  const text = 'let k = 1;\n  // each k\n  let a_k = f(k) + kept_k;\n  // end\nlet b_k = k;\n';
  expect(repeated(text, 2)).toBe(
    'let k = 1;\n  let a_0 = f(0u) + kept_0;\n  let a_1 = f(1u) + kept_1;\nlet b_k = k;\n',
  );
});

test('fours have a number of their own, and the names of their four', () => {
  const text =
    '  // each f\nlet v_f = g(f, a_k0, a_k3);\n  // end\n// each k\nlet a_k = v_f[k % 4u];\n// end\n';
  expect(repeated(text, 8).split('\n').slice(0, 3)).toEqual([
    'let v_0 = g(0u, a_0, a_3);',
    'let v_1 = g(1u, a_4, a_7);',
    'let a_0 = v_0[0u % 4u];',
  ]);
  expect(repeated(text, 8)).toContain('let a_6 = v_1[6u % 4u];');
});

test('several such parts are each repeated', () => {
  expect(repeated('// each k\na_k\n// end\nb\n// each k\nc_k\n// end\n', 3)).toBe(
    'a_0\na_1\na_2\nb\nc_0\nc_1\nc_2\n',
  );
});

test('a part that is defined stands where it is used, and nowhere else', () => {
  const text =
    '  // define part\n  // each k\n  a_k\n  // end\n  // end part\nb\n  // use part\nc\n// use part\n// use none\n';
  expect(repeated(text, 2)).toBe('b\n  a_0\n  a_1\nc\n  a_0\n  a_1\n// use none\n');
});
