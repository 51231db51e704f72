/** Shader text that repeats itself: what a loop would do, were registers numbered. Nothing is compiled here. */

/** `text` with its parts where they are used, and what is for each class or four several times, as RepeatedSource says. */
export function repeated(text: string, times: number): string {
  return placed(text).replace(
    /^ *\/\/ each ([kf])\n((?:.*\n)*?)^ *\/\/ end\n/gm,
    (_, each: string, lines: string) =>
      Array.from({ length: each === 'k' ? times : times / 4 }, (_, i) =>
        each === 'k' ? single(lines, i) : four(lines, i),
      ).join(''),
  );
}

function placed(text: string): string {
  const parts = new Map<string, string>();
  const rest = text.replace(
    /^ *\/\/ define (\w+)\n((?:.*\n)*?)^ *\/\/ end \1\n/gm,
    (_, name: string, part: string) => {
      parts.set(name, part);
      return '';
    },
  );
  return rest.replace(/^ *\/\/ use (\w+)\n/gm, (line, name: string) => parts.get(name) ?? line);
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
