/** An objective as another toolkit would compute it, in our own terms, with a sentence for each thing that changes. Pure. */
import { type Toolkit, translate } from '../../losses/conventions.ts';
import { limits } from '../../spec/limits.ts';
import type { ObjectiveSpec, TermSpec } from '../../spec/runSpec.ts';
import { parameterNames } from '../../spec/terms.ts';

export interface Adopted {
  readonly objective: ObjectiveSpec;
  readonly notes: readonly string[];
}

/** Sentences that hold for several terms are said once. A loss that becomes several terms may leave no room for the last. */
export function asIn(objective: ObjectiveSpec, toolkit: Toolkit): Adopted {
  const translated = objective.terms.map((term) => {
    const { id, weight: ours } = term;
    const { temperature, scaleByT2 } = objective;
    const result = translate({ id, temperature, scaleByT2, parameters: parametersIn(term) }, toolkit);
    const terms = result.parts.map(({ id: part, parameters, weight }): TermSpec => {
      const kept = part === 'formula' ? term : {};
      return { ...kept, id: part, weight: ours * weight, ...parameters };
    });
    return { terms, result };
  });
  const first = translated[0]?.result;
  return {
    objective: {
      ...objective,
      ...toolkit.mix,
      temperature: first?.temperature ?? objective.temperature,
      scaleByT2: toolkit.scaleByT2,
      terms: translated.flatMap(({ terms }) => terms).slice(0, limits.terms.max),
    },
    notes: [...new Set(translated.flatMap(({ result }) => result.notes))],
  };
}

function parametersIn(term: TermSpec): Readonly<Record<string, number>> {
  const entries = parameterNames.flatMap((name): (readonly [string, number])[] => {
    const value = term[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}
