// Runs whose loss is a formula: they train, their parameters are live, and what cannot be read is refused before.
import { expect, test } from 'vitest';
import { ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { decodeLink, encodeLink } from '../sharing/link.ts';
import { StillroomError } from '../spec/errors.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import { withSetting } from '../spec/settings.ts';
import { termsOf } from './armSettings.ts';
import { fakeHost, Listening, smallSpec } from './fakeHost.ts';

type Terms = RunSpec['objective']['terms'];
const jsd =
  'param beta = 0.5 in 0..1\nm = beta*p + (1-beta)*q\nbeta*sum(p*log(p/m)) + (1-beta)*sum(q*log(q/m))';

function withTerms(terms: Terms, events: RunSpec['events'] = []): RunSpec {
  const spec = smallSpec();
  return parseRunSpec({ ...spec, objective: { ...spec.objective, terms }, events });
}

async function trained(spec: RunSpec): Promise<Uint8Array> {
  const page = new Listening(fakeHost(() => new ReferenceExecutor()));
  await page.load(spec);
  await page.playToEnd();
  expect(page.of('error')).toEqual([]);
  const weights = await page.weights(1);
  await page.close();
  return weights;
}

test('a typed forward KL trains the very student that the catalogue’s trains, T² and all, alone and beside another', async () => {
  const formula = { id: 'formula', weight: 1, formula: 'sum(p*log(p/q))' };
  const wanted = await trained(withTerms([{ id: 'forward_kl', weight: 1 }]));
  expect(await trained(withTerms([formula]))).toEqual(wanted);
  const beside = { id: 'logit_mse', weight: 0.3 };
  expect(await trained(withTerms([beside, formula]))).toEqual(
    await trained(withTerms([beside, { id: 'forward_kl', weight: 1 }])),
  );
});

test('a parameter has the value that the specification gives it, and another from the step of its event on', async () => {
  const term = { id: 'formula', weight: 1, formula: jsd };
  const usual = await trained(withTerms([term]));
  expect(await trained(withTerms([{ ...term, values: { beta: 0.5 } }]))).toEqual(usual);
  const other = await trained(withTerms([{ ...term, values: { beta: 0.1 } }]));
  expect(other).not.toEqual(usual);
  const path = 'objective.terms.0.values.beta';
  expect(await trained(withTerms([term], [{ step: 0, path, value: 0.1 }]))).toEqual(other);
});

function refusal(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof StillroomError) return error.detail;
  }
  return null;
}

test('a formula that cannot be read is refused where a run is prepared, with its term, the place and a remedy', () => {
  const broken = { id: 'formula', weight: 1, formula: 'm = p + q\nsum(p*log(p/n))' };
  const spec = withTerms([{ id: 'forward_kl', weight: 1 }, broken]);
  expect(refusal(() => termsOf(spec, { kind: 'distilled' }))).toMatchObject({
    code: 'formula-invalid',
    problem: 'There is no n',
    control: 'objective.terms.1.formula',
    position: { line: 2, column: 13, length: 1 },
  });
});

test('a value outside of the range that the formula gives is refused, in a specification and live', () => {
  const spec = withTerms([{ id: 'formula', weight: 1, formula: jsd }]);
  const path = 'objective.terms.0.values.beta';
  expect(withSetting(spec, path, 0.2).objective.terms[0]?.values).toEqual({ beta: 0.2 });
  expect(refusal(() => withSetting(spec, path, 1.5))).toMatchObject({
    code: 'spec-parameter',
    control: path,
  });
  expect(refusal(() => withSetting(spec, 'objective.terms.0.values.__proto__', 1))).toBeNull();
});

test('a link carries the formula and its values', () => {
  const spec = withTerms([{ id: 'formula', weight: 0.7, formula: jsd, values: { beta: 0.2 } }]);
  const { fragment } = encodeLink({ presetId: 'two-moons-1', spec, ghost: null });
  expect(decodeLink(fragment).spec.objective.terms).toEqual(spec.objective.terms);
});
