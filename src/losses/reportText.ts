/** Reports of checks as plain text, for an issue or a paper's appendix. */
import type { CheckLine, LossReport } from '../protocol/checks.ts';

const signs: Readonly<Record<CheckLine['verdict'], string>> = {
  pass: '✓',
  fail: '✗',
  note: '·',
  skipped: '–',
};

/** `where` names the adapter. */
export function reportText(reports: readonly LossReport[], where: string): string {
  const failed = reports.filter(({ lines }) => lines.some(({ verdict }) => verdict === 'fail')).length;
  const head = `Losses checked on ${where}: ${reports.length}, of which ${failed} failed`;
  return `${[head, ...reports.map(oneReport)].join('\n\n')}\n`;
}

function oneReport({ loss, title, lines }: LossReport): string {
  const parameters = Object.entries(loss.parameters).map(([name, value]) => ` ${name}=${value}`);
  const head = `${title} (${loss.id}${parameters.join('')})${loss.formula === undefined ? '' : `\n    ${loss.formula.replaceAll('\n', '\n    ')}`}`;
  return [head, ...lines.map(oneLine)].join('\n');
}

function oneLine({ check, verdict, says, figure, limit, position, remedy }: CheckLine): string {
  const number =
    figure === null ? '' : ` [${figure.toPrecision(3)}${limit === null ? '' : `, at most ${limit}`}]`;
  const place = position === undefined ? '' : ` (line ${position.line}, column ${position.column})`;
  return `  ${signs[verdict]} ${check}: ${says}${number}${place}${remedy === undefined ? '' : `. ${remedy}`}`;
}
