/**
 * The WGSL between the row kernel and its terms: which term stands in which of the four slots. It is written for each
 * set of terms, so that a compiled module holds the terms of its arm and no other.
 */
import type { Source } from '../../tensor/kernel.ts';
import { maxTerms } from '../../tensor/live.ts';
import type { Term } from './term.ts';

type Slots = readonly (Term | null)[];

/** The terms' own sources, each once, and the text that calls them. */
export function slotSources(terms: Slots): readonly Source[] {
  const own = terms.flatMap((term) => term?.sources ?? []);
  return [slotConstants(terms), ...new Set(own), slotCalls(terms)];
}

/** Constants, which stand before the library that asks them. */
function slotConstants(terms: Slots): Source {
  const levels = Math.max(0, ...terms.map((term) => term?.levels ?? 0));
  const text = `// What the terms of this arm need: written by src/kernels/terms/slots.ts.
const TERMS = ${terms.some((term) => term !== null)};
const LEVELS = ${levels}u;
const LABEL_TERMS = ${terms.some((term) => term?.labelled)};
const BESIDE_LABEL = ${terms.some((term) => term?.besideLabel)};
`;
  return { name: 'slot constants', text };
}

function slotCalls(terms: Slots): Source {
  const slots = Array.from({ length: maxTerms }, (_, k) => ({ term: terms[k] ?? null, k }));
  const four = (value: (term: Term, k: number) => string, none = '0.0'): string =>
    slots.map(({ term, k }) => `\n    ${term === null ? none : value(term, k)},`).join('');
  const called = (term: Term, part: string, k: number, before = ''): string =>
    `${term.stem}_${part}(${before}x, known.slot${k}, live.term_params[${k}]${keeps(term, k)})`;
  const keeps = (term: Term, k: number): string => (term.kept ? `, x.row.kept[${k}]` : '');
  /** A row without a label has no such term, whatever its functions make of it. */
  const guarded = (term: Term, value: string): string =>
    term.labelled ? `select(0.0, ${value}, x.row.label != NO_LABEL)` : value;
  const part = (name: 'loss' | 'slope'): string =>
    four((term, k) => (name in term ? guarded(term, called(term, name, k)) : '0.0'));
  const gradient = (term: Term, k: number): string => {
    const softened = `(slopes[${k}] - x.q * sums[${k}]) * x.row.inverse_temperature`;
    if (term.plain === undefined) return softened;
    const plain = guarded(term, called(term, 'plain', k));
    return term.slope === undefined ? plain : `${plain} + ${softened}`;
  };
  const kept = four(
    (term, k) => (term.kept ? `${term.stem}_kept(row, live.term_params[${k}])` : 'vec4f(0.0)'),
    'vec4f(0.0)',
  );
  const learned = four((term, k) => {
    if (!term.learned) return `sums[${k}]`;
    return `${term.stem}_learned(level, sums[${k}], live.term_params[${k}], f32(shape.classes))`;
  }, 'vec4f(0.0)');
  const extras = four(
    (term, k) => ((term.levels ?? 0) === 0 ? 'vec4f(0.0)' : called(term, 'extras', k, 'level, ')),
    'vec4f(0.0)',
  );
  const text = `// Which term stands in which slot: written by src/kernels/terms/slots.ts.
//
//   ∂L/∂z = plain + (e − q·Σe)/T with e = ∂L/∂log q, the slope

fn inverse_counts_of(live: Live, labelled: bool) -> vec4f {
  let inverse_labelled = select(0.0, live.inverse_labelled, labelled);
  return vec4f(${four((term) => (term.labelled ? 'inverse_labelled' : 'live.inverse_valid'), 'live.inverse_valid')}
  );
}

fn kept_of(row: Row) -> mat4x4f {
  return mat4x4f(${kept}
  );
}

fn learned_of(level: u32, sums: mat4x4f) -> mat4x4f {
  return mat4x4f(${learned}
  );
}

fn extras_of(level: u32, x: Element, known: Knowns, live: Live) -> mat4x4f {
  return mat4x4f(${extras}
  );
}

fn losses_of(x: Element, known: Knowns, live: Live) -> vec4f {
  return vec4f(${part('loss')}
  );
}

fn slopes_of(x: Element, known: Knowns, live: Live) -> vec4f {
  return vec4f(${part('slope')}
  );
}

fn gradients_of(x: Element, known: Knowns, slopes: vec4f, sums: vec4f, live: Live) -> vec4f {
  return vec4f(${four(gradient)}
  );
}
`;
  return { name: 'slots', text };
}
