/** Chooses the sample that is looked at: native radio buttons with pictures, in one row. */
import { samplesProbe } from '../store/distributions.ts';
import type { Run } from '../store/run.ts';
import { SampleImage } from './SampleImage.tsx';
import { article, t } from './text.ts';
import { useView } from './useView.ts';

const most = 24;

export function SamplePicker({ run, onPick }: { run: Run; onPick: (sample: number) => void }) {
  const { view } = useView();
  const { facts } = run;
  const probe = facts === null ? undefined : samplesProbe(facts)?.probe;
  if (facts === null || probe === undefined) return null;
  const isPicture = facts.inputShape.length >= 2;
  const size = facts.inputShape.reduce((product, length) => product * length, 1);
  const rows = Array.from({ length: Math.min(most, probe.labels.length) }, (_, row) => row);
  return (
    <fieldset className="picker">
      <legend className="visually-hidden">{t('picker.title')}</legend>
      {rows.map((row) => {
        const name = facts.classNames[probe.labels[row] ?? 0] ?? '';
        const words = t('picker.item', { n: row + 1, name, a: article(name) });
        return (
          <label key={row} className="picker-item" title={words}>
            <input
              type="radio"
              name="sample"
              className="visually-hidden"
              checked={view.drawn === null && view.sample === row}
              onChange={() => onPick(row)}
            />
            <span className="visually-hidden">{words}</span>
            {isPicture ? (
              <SampleImage
                input={probe.inputs.subarray(row * size, (row + 1) * size)}
                side={facts.inputShape.at(-1) ?? 0}
              />
            ) : (
              <span className="picker-word" aria-hidden="true">
                {name}
              </span>
            )}
          </label>
        );
      })}
    </fieldset>
  );
}
