// The table of controls: words for each, and the divergence with the parameters of whichever loss it is.
import { expect, test } from 'vitest';
import { termIds } from '../kernels/rowTerms.ts';
import words from '../locales/en.json' with { type: 'json' };
import { presets } from '../spec/presets.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { termLoss } from '../spec/terms.ts';
import { controls, controlsOf } from './controls.ts';
import { readPath, writeSetting } from './paths.ts';

const preset = presets.get('dark-knowledge-1')?.spec;
if (preset === undefined) throw new Error('no preset');
const base: RunSpec = preset;
const path = 'objective.terms.0.id';
const offered = controls.flatMap((control) =>
  control.path === path && 'options' in control ? control.options : [],
);

test('every control has its label, and every divergence its name', () => {
  const known = new Set(Object.keys(words));
  for (const control of controls) expect(known.has(`label.${control.path}`), control.path).toBe(true);
  for (const id of offered) expect(known.has(`option.${id}`), id).toBe(true);
});

test('every pointwise loss but the labels’ own is offered, each with its parameters in its own range', () => {
  expect([...offered].sort()).toEqual(termIds.filter((id) => id !== 'ce' && id !== 'label_smoothing').sort());
  for (const id of offered) {
    const spec = writeSetting(base, path, id);
    const shown = controlsOf('loss', 'tinker', spec).flatMap((control) =>
      control.kind === 'number' && /terms\.0\.(?!weight)/.test(control.path)
        ? [[control.path.split('.').at(-1), control.hard.min, control.hard.max, control.standard]]
        : [],
    );
    expect(shown, id).toEqual(
      (termLoss(id)?.parameters ?? []).map(({ name, min, max, default: usual }) => [name, min, max, usual]),
    );
  }
});

test('a term that becomes another loss keeps its weight and loses the parameters that were not its own', () => {
  const decoupled = { ...base.objective, terms: [{ id: 'decoupled', weight: 0.5, alpha: 2, beta: 8 }] };
  const changed = writeSetting({ ...base, objective: decoupled }, path, 'jsd');
  expect(readPath(changed, 'objective.terms')).toEqual([{ id: 'jsd', weight: 0.5 }]);
  expect(parseRunSpec(changed).objective.terms[0]?.id).toBe('jsd');
});
