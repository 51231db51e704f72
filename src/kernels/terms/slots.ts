/**
 * The WGSL between the row kernel and its terms: which term stands in which of the four slots. It is written for each
 * set of terms, so that a compiled module holds the terms of its arm and no other.
 */
import type { Source } from '../../tensor/kernel.ts';
import { maxTerms } from '../../tensor/live.ts';
import type { Term } from './term.ts';

type Slots = readonly (Term | null)[];

/** How a kernel goes through a row, and what it spares itself. */
export interface RowManner {
  /** The slope of a term that is alone is kept until the sum of all is known; else it is computed twice. */
  readonly holds: boolean;
  /** The student at T = 1 is worked out apart, where there is a label, unless a term asks for it. */
  readonly labelsApart: boolean;
  /** Arithmetic for GPUs: fewer instructions, as exact where it counts, other last bits. */
  readonly lean: boolean;
}

/** The terms' own sources, each once, and the text that calls them. */
export function slotSources(terms: Slots, manner: RowManner): readonly Source[] {
  const own = terms.flatMap((term) => term?.sources ?? []);
  const held = manner.holds && terms.length === 1 && terms.every(isSlopeAlone);
  return [slotConstants(terms, held, manner), ...new Set(own), slotCalls(terms, held)];
}

function isSlopeAlone(term: Term | null): boolean {
  if (term === null) return false;
  const has = gradientOf(term);
  return has.slope && !has.plain;
}

/** Constants, which stand before the library that asks them. */
function slotConstants(terms: Slots, held: boolean, { labelsApart, lean }: RowManner): Source {
  const some = (asks: (term: Term) => unknown): boolean => terms.some((term) => term !== null && asks(term));
  const text = `// What the terms of this arm need: written by src/kernels/terms/slots.ts.
const TERMS = ${some(() => true)};
const SLOTS = ${terms.findLastIndex((term) => term !== null) + 1}u;
const LEVELS = ${Math.max(0, ...terms.map((term) => (term === null ? 0 : levelsOf(term))))}u;
const MORE = ${some((term) => term.shader?.more)};
const FIRSTS = ${some((term) => term.shader?.first)};
const EARLY = ${some((term) => term.shader?.early)};
const KEEPS = ${some((term) => term.shader?.kept)};
const SLOPES = ${some((term) => gradientOf(term).slope)};
const HELD = ${held};
const LATER_SLOTS = ${terms.slice(1).some((term) => term !== null && hasSums(term))};
const SOFTENED = ${some((term) => term.shader?.softened ?? true)};
const ONES = ${!labelsApart || some((term) => term.one)};
const LEAN = ${lean};
const LABEL_TERMS = ${some((term) => term.labelled)};
const BESIDE_LABEL = ${some((term) => term.besideLabel)};
`;
  return { name: 'slot constants', text };
}

function levelsOf(term: Term): number {
  return term.shader?.levels ?? term.levels ?? 0;
}

function hasSums(term: Term): boolean {
  return levelsOf(term) > 0 || term.shader?.first !== undefined || term.shader?.early !== undefined;
}

/** What the shader makes the gradient of. */
function gradientOf(term: Term): { readonly slope: boolean; readonly plain: boolean } {
  return term.shader?.gradient ?? { slope: term.slope !== undefined, plain: term.plain !== undefined };
}

function slotCalls(terms: Slots, held: boolean): Source {
  const slots = Array.from({ length: maxTerms }, (_, k) => ({ term: terms[k] ?? null, k }));
  const each = (none: string, asked: (term: Term) => unknown, value: (term: Term, k: number) => string) =>
    slots.map(({ term, k }) => `\n    ${term === null || !asked(term) ? none : value(term, k)},`).join('');
  const vectors = (asked: (term: Term) => unknown, value: (term: Term, k: number) => string): string =>
    each('vec4f(0.0)', asked, value);
  const params = (k: number): string => `live.term_params[${k}]`;
  const called = (term: Term, part: string, k: number, before = ''): string => {
    const kept = term.shader?.kept ? `, x.row.kept[${k}]` : '';
    return `${term.stem}_${part}(${before}x, known.slot${k}, ${params(k)}${kept})`;
  };
  /** A row without a label has no such term, whatever its functions make of it. */
  const guarded = (term: Term, value: string): string =>
    term.labelled ? `select(0.0, ${value}, x.row.label != NO_LABEL)` : value;
  const slope = (term: Term, k: number): string => guarded(term, called(term, 'slope', k));
  const gradient = (term: Term, k: number): string => {
    const has = gradientOf(term);
    const softened = `(${held ? 'held' : slope(term, k)} - x.q * sums[${k}]) * x.row.inverse_temperature`;
    const plain = guarded(term, called(term, 'plain', k));
    if (!has.plain) return has.slope ? softened : '0.0';
    return has.slope ? `${plain} + ${softened}` : plain;
  };
  const learned = (part: string, k: number, term: Term, before = ''): string =>
    `${term.stem}_${part}(${before}row, sums[${k}], known.slot${k}, ${params(k)})`;
  // Assigned one by one: naga refuses to index a matrix of zeros in a module with overrides, and Firefox with it.
  const found = (sum: 'first' | 'early'): string =>
    slots
      .map(({ term, k }) => {
        const asked = term?.shader?.[sum];
        if (term === null || !asked) return '';
        return `\n  more.slot${k}.${sum} = ${asked === 'learned' ? learned(`${sum}_learned`, k, term) : `sums[${k}]`};`;
      })
      .join('');
  const text = `// Which term stands in which slot: written by src/kernels/terms/slots.ts.
//
//   ∂L/∂z = plain + (e − q·Σe)/T with e = ∂L/∂log q, the slope

fn inverse_counts_of(live: Live, labelled: bool) -> vec4f {
  let inverse_labelled = select(0.0, live.inverse_labelled, labelled);
  return vec4f(${each(
    'live.inverse_valid',
    (term) => term.labelled,
    () => 'inverse_labelled',
  )}
  );
}

fn kept_of(row: Row) -> mat4x4f {
  return mat4x4f(${vectors(
    (term) => term.shader?.kept,
    (term, k) => `${term.stem}_kept(row, ${params(k)})`,
  )}
  );
}

fn firsts_of(z: f32, u: f32, start: vec2f, one: f32) -> mat4x4f {
  return mat4x4f(${vectors(
    (term) => term.shader?.first,
    (term) => `${term.stem}_first(z, u, start, one)`,
  )}
  );
}

fn knowing_firsts(known: Knowns, row: Row, sums: mat4x4f) -> Knowns {
  var more = known;${found('first')}
  return more;
}

fn early_of(x: Start, known: Knowns, live: Live) -> mat4x4f {
  return mat4x4f(${vectors(
    (term) => term.shader?.early,
    (term, k) => `${term.stem}_early(x, known.slot${k}, ${params(k)})`,
  )}
  );
}

fn knowing_early(known: Knowns, row: Row, sums: mat4x4f) -> Knowns {
  var more = known;${found('early')}
  return more;
}

fn extras_of(level: u32, x: Element, known: Knowns, live: Live) -> mat4x4f {
  return mat4x4f(${vectors(
    (term) => levelsOf(term) > 0,
    (term, k) => called(term, 'extras', k, 'level, '),
  )}
  );
}

fn more_of(x: Element, known: Knowns, live: Live) -> mat4x4f {
  return mat4x4f(${vectors(
    (term) => term.shader?.more,
    (term, k) => called(term, 'more', k),
  )}
  );
}

fn learned_of(level: u32, known: Knowns, row: Row, sums: mat4x4f) -> mat4x4f {
  return mat4x4f(${vectors(
    () => true,
    (term, k) => (term.shader?.learned ? learned('learned', k, term, 'level, ') : `sums[${k}]`),
  )}
  );
}

fn losses_of(x: Element, known: Knowns, live: Live) -> vec4f {
  return vec4f(${each(
    '0.0',
    () => true,
    (term, k) => guarded(term, called(term, 'loss', k)),
  )}
  );
}

fn slopes_of(x: Element, known: Knowns, live: Live) -> vec4f {
  return vec4f(${each('0.0', (term) => gradientOf(term).slope, slope)}
  );
}

fn gradients_of(x: Element, known: Knowns, sums: vec4f, held: f32, live: Live) -> vec4f {
  return vec4f(${each('0.0', () => true, gradient)}
  );
}
`;
  return { name: 'slots', text };
}
