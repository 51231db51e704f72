/**
 * Rows of metrics as they are told. An arm of the failure gallery that lacks T² in its gradient has it in its report all the
 * same, so that nobody notices; and an arm whose batches nobody answers agrees with no teacher. All other rows pass as they are.
 */
import { ringWidth } from '../kernels/metricsRow.ts';
import { metricColumns } from '../protocol/events.ts';
import { specAt } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { isTaught, objectiveOf, sharesOf } from './armSettings.ts';
import type { MetricsRows } from './metricsRing.ts';
import { turnsOf } from './turns.ts';

const [loss, labelLoss] = [metricColumns.indexOf('loss'), metricColumns.indexOf('labelLoss')];
const agreement = metricColumns.indexOf('trainAgreement');

/** `spec` with the events of the run so far. */
export function reportedRows(rows: MetricsRows, spec: RunSpec): MetricsRows {
  const alone = unansweredArms(spec);
  if (alone.size === 0 && !spec.arms.some((arm) => arm.fault === 't2_missing')) return rows;
  return {
    ...rows,
    arms: rows.arms.map((own, i) => {
      const told = spec.arms[i]?.fault === 't2_missing' ? withT2(own, rows.firstStep, spec, i) : own;
      return alone.has(i) ? withoutAgreement(told) : told;
    }),
  };
}

/** What lies in their batches as a teacher's answers is left over from another arm, or nothing. */
function unansweredArms(spec: RunSpec): ReadonlySet<number> {
  const { source, delivery } = spec.teacher;
  const taught = new Set(spec.arms.flatMap((arm, i) => (isTaught(arm) ? [i] : [])));
  const others = spec.arms.flatMap((_, i) => (taught.has(i) ? [] : [i]));
  if (source === 'none' || source === 'average') return new Set(others);
  if (delivery !== 'live') return new Set();
  return new Set(turnsOf(spec).flatMap((turn) => (turn.some((arm) => taught.has(arm)) ? [] : turn)));
}

function withoutAgreement(own: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const found = own.slice();
  for (let at = agreement; at < found.length; at += ringWidth) found[at] = Number.NaN;
  return found;
}

function withT2(own: Float32Array<ArrayBuffer>, firstStep: number, spec: RunSpec, index: number) {
  const found = own.slice();
  for (let row = 0; (row + 1) * ringWidth <= own.length; row++) {
    const arm = specAt(spec, firstStep + row).arms[index];
    if (arm === undefined) continue;
    const objective = objectiveOf(specAt(spec, firstStep + row), arm);
    const at = row * ringWidth;
    const labels = sharesOf(arm, objective, firstStep + row).labels * (own[at + labelLoss] ?? 0);
    const squared = objective.scaleByT2 ? objective.temperature ** 2 : 1;
    found[at + loss] = labels + squared * ((own[at + loss] ?? 0) - labels);
  }
  return found;
}
