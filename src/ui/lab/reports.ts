/** Reports of checks as plain text, to be pasted into a letter or an issue. */
import type { CheckLine, LossReport } from '../../protocol/checks.ts';
import type { Adapter } from '../../protocol/events.ts';
import { figures } from '../text.ts';

export const signs: Readonly<Record<CheckLine['verdict'], string>> = {
  pass: '✓',
  fail: '✗',
  note: '·',
  skipped: '–',
};

export function reportText(reports: readonly LossReport[], adapter: Adapter | null): string {
  const head = adapter === null ? [] : [`Adapter: ${adapter.name}${adapter.software ? ' (software)' : ''}`];
  const blocks = reports.map(({ loss, title, lines }) => {
    const parameters = Object.entries(loss.parameters).map(([name, value]) => `${name} = ${value}`);
    const named = parameters.length === 0 ? title : `${title} (${parameters.join(', ')})`;
    return [named, ...lines.map(lineText)].join('\n');
  });
  return [...head, ...blocks].join('\n\n');
}

function lineText({ check, verdict, figure, limit, says }: CheckLine): string {
  const measured =
    figure === null ? '' : ` ${figures(figure)}${limit === null ? '' : ` of ${figures(limit)}`}`;
  return `  ${signs[verdict]} ${check}${measured}: ${says}`;
}
