/**
 * How the teacher of a user expects its inputs. No file says it: the teacher is asked about some rows under each usual scaling,
 * and how often it is right stands beside each.
 */
import { useEffect, useState } from 'react';
import type { GivenFile } from '../protocol/commands.ts';
import { bestScaling, type ScalingName, type ScalingTrial, scalingNames, scalings } from '../spec/ownData.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { askScalings } from '../store/questions.ts';
import { useController } from './appContext.tsx';
import { d } from './dialogWords.ts';

export interface ChosenScaling {
  readonly scaling: ScalingName | 'own';
  readonly mean: number;
  readonly std: number;
}

type Trial = ScalingTrial | 'asking' | null;

function isThere(trial: Trial): trial is ScalingTrial {
  return trial !== null && trial !== 'asking';
}

function hintOf(trial: ScalingTrial | 'asking', classes: number): string {
  if (trial === 'asking') return d('bring.scaling.asking');
  if (bestScaling(trial, classes) === null) return d('bring.scaling.guesses');
  return d('bring.scaling.asked', { rows: trial.rows });
}

/** What was chosen by hand, else what the trial found best, else from 0 to 1. */
export function scalingOf(byHand: ChosenScaling | null, trial: Trial, classes: number): ChosenScaling {
  if (byHand !== null) return byHand;
  const scaling = (isThere(trial) ? bestScaling(trial, classes) : null) ?? 'unit';
  return { scaling, ...scalings[scaling] };
}

/** `asking` until it is there, null where the teacher cannot be asked. `asked` names the question, teacher and data; it is null while there is none. */
export function useScalingTrial(
  asked: string | null,
  spec: () => RunSpec | null,
  files: readonly GivenFile[],
): Trial {
  const controller = useController();
  const [trial, setTrial] = useState<Trial>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked stands for its specification
  useEffect(() => {
    setTrial(asked === null ? null : 'asking');
    if (asked === null) return;
    let wanted = true;
    const tried = scalingNames.map((name) => scalings[name]);
    void controller
      .inquire(async (live) => {
        const one = spec();
        return one === null ? null : await askScalings(live, { spec: one, files, scalings: tried });
      })
      .then((found) => {
        // Why a teacher cannot be asked is said where it is distilled.
        if (wanted) setTrial(found !== null && 'right' in found ? found : null);
      });
    return () => {
      wanted = false;
    };
  }, [controller, files, asked]);
  return trial;
}

export function ScalingChoice({
  value,
  trial,
  classes,
  onChange,
}: {
  value: ChosenScaling;
  trial: Trial;
  classes: number;
  onChange: (value: ChosenScaling) => void;
}) {
  return (
    <fieldset data-control="data.std">
      <legend>{d('bring.scaling')}</legend>
      {[...scalingNames, 'own' as const].map((one, i) => (
        <label className="check" key={one}>
          <input
            type="radio"
            name="scaling"
            checked={value.scaling === one}
            onChange={() => onChange({ ...value, scaling: one, ...(one === 'own' ? {} : scalings[one]) })}
          />
          <span>
            {d(`bring.scaling.${one}`)}{' '}
            {!isThere(trial) || one === 'own' ? null : (
              <span className="quiet">
                {d('bring.scaling.right', { right: trial.right[i] ?? 0, rows: trial.rows })}
              </span>
            )}
          </span>
        </label>
      ))}
      {trial === null ? null : <p className="hint">{hintOf(trial, classes)}</p>}
      {value.scaling !== 'own' ? null : (
        <div className="row">
          <NumberBox
            label={d('bring.mean')}
            value={value.mean}
            set={(mean) => onChange({ ...value, mean })}
          />
          <NumberBox label={d('bring.std')} value={value.std} set={(std) => onChange({ ...value, std })} />
        </div>
      )}
    </fieldset>
  );
}

function NumberBox({ label, value, set }: { label: string; value: number; set: (value: number) => void }) {
  return (
    <label className="field">
      {label}
      <input type="number" step="any" value={value} onChange={(event) => set(event.target.valueAsNumber)} />
    </label>
  );
}
