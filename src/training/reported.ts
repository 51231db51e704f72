/**
 * Rows of metrics as an arm of the failure gallery reports them: where T² is missing from the gradient, the report has
 * it all the same, so that nobody notices. All other rows pass as they are.
 */
import { ringWidth } from '../kernels/metricsRow.ts';
import { metricColumns } from '../protocol/events.ts';
import { specAt } from '../spec/live.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { objectiveOf, sharesOf } from './armSettings.ts';
import type { MetricsRows } from './metricsRing.ts';

const [loss, labelLoss] = [metricColumns.indexOf('loss'), metricColumns.indexOf('labelLoss')];

/** `spec` with the events of the run so far. */
export function reportedRows(rows: MetricsRows, spec: RunSpec): MetricsRows {
  if (!spec.arms.some((arm) => arm.fault === 't2_missing')) return rows;
  return {
    ...rows,
    arms: rows.arms.map((own, i) =>
      spec.arms[i]?.fault === 't2_missing' ? withT2(own, rows.firstStep, spec, i) : own,
    ),
  };
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
