/**
 * The Programs of a run's arms. Arms with the same loss share one set; arms of one run share the student, so what is
 * learnt about one model's evaluation holds for all.
 */
import type { Dataset } from '../data/task.ts';
import { compileEvaluate, compileGradient, type Model } from '../ops/compile.ts';
import { compileMetrics, compileUpdate } from '../ops/compileUpdate.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { buildModel } from '../students/build.ts';
import type { AdapterSummary } from '../tensor/executor.ts';
import type { Planned } from '../tensor/plan.ts';
import { aligned, type Program } from '../tensor/program.ts';
import {
  checkClasses,
  learnsFromAverage,
  objectiveOf,
  onPolicyOf,
  termsOf,
  usesHidden,
} from './armSettings.ts';
import { type EvaluateTemplate, evaluateTemplate, passRows } from './evaluator.ts';
import { type WritingTemplate, writingTemplate } from './onPolicy.ts';

export interface Template {
  readonly model: Model;
  /** The first micro-batch of a step replaces gradients, the others add to them. */
  readonly gradients: readonly Planned[];
  readonly update: Program;
  /** Forward pass of an averaged copy over a batch; null where there is none. */
  readonly average: Planned | null;
  readonly metrics: Program;
  /** Null where the student writes none of its texts. */
  readonly writing: WritingTemplate | null;
  /** For many rows, and for a few. */
  readonly evaluate: readonly [EvaluateTemplate, EvaluateTemplate];
}

/** One template an arm, in order. `hiddenWidths`: of the teacher's state in each pair. */
export function compileTemplates(
  spec: RunSpec,
  dataset: Pick<Dataset, 'inputShape' | 'inputDtype' | 'positions' | 'classNames' | 'vocabulary'>,
  hiddenWidths: readonly number[],
  { software, subgroup, workgroup, maxBinding }: AdapterSummary,
): readonly Template[] {
  const known = new Map<string, Template>();
  const { batch, accumulate } = spec.training;
  return spec.arms.map((arm) => {
    const hidden = usesHidden(spec, arm) ? objectiveOf(spec, arm).hidden : null;
    checkClasses(spec, arm, dataset.classNames.length);
    const terms = termsOf(spec, arm);
    const averaged = learnsFromAverage(spec, arm);
    const writes = onPolicyOf(spec, arm) !== null;
    const key = JSON.stringify([terms, hidden, averaged, writes]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const model = buildModel(spec.student, {
      inputShape: dataset.inputShape,
      inputDtype: dataset.inputDtype,
      positions: dataset.positions,
      classes: dataset.classNames.length,
      maxElements: Math.floor(maxBinding / 4),
      hidden: hidden === null ? null : { spec: hidden, widths: hiddenWidths },
    });
    const additions = accumulate > 1 ? [false, true] : [false];
    const template: Template = {
      model,
      gradients: additions.map((adding) =>
        compileGradient(model, terms, { batch, software, subgroup, workgroup, accumulate: adding }),
      ),
      update: compileUpdate(model.tape.table, { kind: spec.optimiser.kind, averaged, software }),
      average: averaged ? compileEvaluate(model, { batch, software }) : null,
      metrics: compileMetrics(batch * dataset.positions, software),
      writing: writes ? writingTemplate(model, batch, dataset, software) : null,
      evaluate: [
        evaluateTemplate(model, software, passRows.many),
        evaluateTemplate(model, software, passRows.few),
      ],
    };
    known.set(key, template);
    return template;
  });
}

/** Every Program of the templates, for compilation. */
export function programsOf(templates: readonly Template[]): readonly Program[] {
  return templates.flatMap((one) => [
    ...one.gradients.map((planned) => planned.program),
    one.update,
    ...(one.average === null ? [] : [one.average.program]),
    ...(one.writing === null ? [] : [one.writing.generate.planned.program, one.writing.count]),
    one.metrics,
    ...one.evaluate.map((template) => template.planned.program),
  ]);
}

/** Plans that share one set of slabs, since arms and phases run in turn. */
export function plansOf(templates: readonly Template[]): readonly Planned[] {
  return templates.flatMap((one) => [
    ...one.gradients,
    ...(one.average === null ? [] : [one.average]),
    ...one.evaluate.map((template) => template.planned),
  ]);
}

/** Lengths of flat segments that serve every template. */
export function longestSegments(templates: readonly Template[]): readonly number[] {
  const all = templates.map((one) => one.model.tape.table.segments);
  const count = Math.max(...all.map((segments) => segments.length));
  return Array.from({ length: count }, (_, i) =>
    aligned(Math.max(1, ...all.map((segments) => segments[i] ?? 0))),
  );
}

export function templateAt(templates: readonly Template[], arm: number): Template {
  const template = templates[arm];
  if (template === undefined) throw new RangeError(`there is no arm ${arm}`);
  return template;
}
