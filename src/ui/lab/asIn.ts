/** An objective as another toolkit would compute it, in our own terms, with a sentence for each thing that changes. Pure. */
import { mixOf, type Toolkit, translate, usualTemperature } from '../../losses/conventions.ts';
import { limits } from '../../spec/limits.ts';
import type { ObjectiveSpec, TermSpec } from '../../spec/runSpec.ts';
import { parameterNames } from '../../spec/terms.ts';

export interface Adopted {
  readonly objective: ObjectiveSpec;
  readonly notes: readonly string[];
}

/** Sentences that hold for several terms are said once. The labels are mixed as with the first term. */
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
  const temperature = translated[0]?.result.temperature ?? objective.temperature;
  const terms = translated.flatMap((one) => one.terms);
  const id = objective.terms[0]?.id ?? '';
  const notes = [
    ...translated.flatMap(({ result }) => result.notes),
    ...temperatureNote(usualTemperature(id, toolkit), temperature, toolkit),
    ...(toolkit.ignoresMask ? ['A run here leaves padding out all the same.'] : []),
    ...(terms.length > limits.terms.max
      ? [`That is ${terms.length} terms: only the first ${limits.terms.max} have room.`]
      : []),
  ];
  return {
    objective: {
      ...objective,
      ...mixOf(id, toolkit),
      temperature,
      scaleByT2: toolkit.scaleByT2,
      terms: terms.slice(0, limits.terms.max),
    },
    notes: [...new Set(notes)],
  };
}

function temperatureNote(usual: number | null, temperature: number, { title }: Toolkit): readonly string[] {
  return usual === null || usual === temperature
    ? []
    : [`T stays ${temperature}: ${title} takes ${usual} where none is given.`];
}

function parametersIn(term: TermSpec): Readonly<Record<string, number>> {
  const entries = parameterNames.flatMap((name): (readonly [string, number])[] => {
    const value = term[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}
