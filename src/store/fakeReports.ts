/** What the imagined engine says of a loss. Nothing is checked. */
import { type CheckedLoss, checkNames, type LossReport } from '../protocol/checks.ts';

/** A formula with an odd number of brackets cannot be read; all else is good. */
export function imaginedReport(loss: CheckedLoss): LossReport {
  const text = loss.formula ?? '';
  const broken = text.split('(').length !== text.split(')').length;
  const lines = checkNames.map((check): LossReport['lines'][number] => {
    if (check === 'parses' && broken) {
      const position = { line: 1, column: text.length, length: 1 };
      const says = 'A bracket is not closed';
      return {
        check,
        verdict: 'fail',
        figure: null,
        limit: null,
        says,
        position,
        remedy: 'Add the missing “)”',
      };
    }
    const verdict = broken ? 'skipped' : check === 'shift' || check === 'hot' ? 'note' : 'pass';
    return { check, verdict, figure: 1e-7, limit: 1e-5, says: 'Imagined' };
  });
  const parameters = [...text.matchAll(/param (\w+)/g)].map(([, name = '']) => ({
    name,
    default: 0.5,
    min: 0,
    max: 1,
  }));
  return { loss, title: loss.id, lines, milliseconds: 1, parameters, wgsl: broken ? null : '// imagined' };
}
