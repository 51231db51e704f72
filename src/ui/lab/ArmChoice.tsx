/** Whose student is looked at: a chip for each arm of a run. */
import { useId } from 'react';
import type { Run } from '../../store/run.ts';
import { armName } from '../palette.ts';
import { l } from './words.ts';

export function ArmChoice({ run, arm, onChange }: { run: Run; arm: number; onChange(arm: number): void }) {
  const name = useId();
  return (
    <fieldset className="chips">
      <legend className="visually-hidden">{l('lens.arm')}</legend>
      {run.spec.arms.map((spec, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an arm is its place
        <label key={`${spec.kind}${index}`} className="chip">
          <input
            type="radio"
            name={name}
            className="visually-hidden"
            checked={index === arm}
            onChange={() => onChange(index)}
          />
          <span>{armName(run.spec.arms, index)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The chosen arm, or the first that is distilled: it is told from the others by what the laboratory shows. */
export function armOf(run: Run, chosen: number | null): number {
  const { arms } = run.spec;
  if (chosen !== null && chosen < arms.length) return chosen;
  return Math.max(
    0,
    arms.findIndex((arm) => arm.kind === 'distilled'),
  );
}
