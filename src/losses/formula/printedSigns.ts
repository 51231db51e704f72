/** Signs as papers set them, and how the language writes the same: the parser would take most of them for letters. */

const ways: ReadonlyMap<string, string> = new Map([
  ...['·', '×', '⋅', '∗'].map((sign) => [sign, 'a product as a*b'] as const),
  ...['−', '–'].map((sign) => [sign, 'a difference as a - b'] as const),
  ...['÷', '∕'].map((sign) => [sign, 'a quotient as a/b'] as const),
  ['²', 'a square as a^2'],
  ['Σ', 'a sum as sum(…)'],
  ['∑', 'a sum as sum(…)'],
]);

/** The first of them; null where there is none. */
export function printedSign(
  text: string,
): { readonly sign: string; readonly at: number; readonly way: string } | null {
  let at = 0;
  for (const sign of text) {
    const way = ways.get(sign);
    if (way !== undefined) return { sign, at, way };
    at += sign.length;
  }
  return null;
}
