/** Shader text that repeats itself: what a loop would do, were registers numbered. Nothing is compiled here. */

/** `text` with its parts between `// each k` or `// each f` and `// end` several times, as RepeatedSource says. */
export function repeated(text: string, times: number): string {
  return text.replace(/^ *\/\/ each ([kf])\n((?:.*\n)*?)^ *\/\/ end\n/gm, (_, each: string, lines: string) =>
    Array.from({ length: each === 'k' ? times : times / 4 }, (_, i) =>
      each === 'k' ? single(lines, i) : four(lines, i),
    ).join(''),
  );
}

function single(lines: string, k: number): string {
  return lines
    .replace(/_k\b/g, `_${k}`)
    .replace(/_f\b/g, `_${Math.floor(k / 4)}`)
    .replace(/\bk\b/g, `${k}u`);
}

function four(lines: string, f: number): string {
  return lines
    .replace(/_k([0-3])\b/g, (_, i: string) => `_${4 * f + Number(i)}`)
    .replace(/_f\b/g, `_${f}`)
    .replace(/\bf\b/g, `${f}u`);
}
