/** One loss across the toolkits: what each calls it and how it scales it, as facts that a page puts into words. */
import { termLoss } from '../spec/terms.ts';
import { toolkits, translate } from './conventions.ts';

export interface Elsewhere {
  readonly toolkit: string;
  readonly name: string;
  /** Whether T² multiplies it; null where T has no part in it. */
  readonly timesT2: boolean | null;
  /** 1 where it has no temperature of its own. */
  readonly fixedTemperature: 1 | null;
  /** At which it is computed where nobody says, other than 1. */
  readonly usualTemperature: number | null;
  /** Over which rows it is averaged. */
  readonly reduction: string;
  readonly note: string | null;
}

/** Where the loss with this id exists, and the titles of the toolkits where it does not. */
export function elsewhere(id: string): {
  readonly there: readonly Elsewhere[];
  readonly lacking: readonly string[];
} {
  const there = toolkits.flatMap((toolkit): readonly Elsewhere[] => {
    const theirs = toolkit.losses.get(id);
    if (theirs === undefined) return [];
    const asked = { id, temperature: 2, scaleByT2: false, parameters: {} };
    const { parts, temperature } = translate(asked, toolkit);
    const scaled = parts.some((part) => termLoss(part.id)?.scaled === true);
    const fixed = temperature === 1;
    return [
      {
        toolkit: toolkit.title,
        name: theirs.name,
        timesT2: scaled && !fixed ? toolkit.scaleByT2 : null,
        fixedTemperature: scaled && fixed ? 1 : null,
        usualTemperature: theirs.usualTemperature ?? null,
        reduction: theirs.reduction ?? toolkit.reduction,
        note: theirs.note ?? null,
      },
    ];
  });
  const lacking = toolkits.filter(({ losses }) => !losses.has(id)).map(({ title }) => title);
  return { there, lacking };
}
