/** What `distill` prints of runs, as lines of text. It prints nothing itself. */
import type { Evaluation, LanguageMeasures } from '../protocol/events.ts';
import type { AtValue } from '../sharing/sweepTable.ts';
import { isGuessing } from '../spec/ownData.ts';
import type { Race } from '../training/race.ts';

/** By value and arm: the headline's mean, and its interval where there are seeds enough. */
export function summaryTable(path: string, values: readonly AtValue[]): readonly string[] {
  return [
    path,
    ...values.flatMap(({ value, seeds, arms }) =>
      arms.map(({ arm, headline: { mean, interval } }) => {
        const reach = interval === null ? '' : ` ± ${((interval.high - interval.low) / 2).toFixed(4)}`;
        return `${String(value).padStart(12)}  ${arm.padEnd(12)} ${mean.toFixed(4)}${reach}  seeds: ${seeds.length}`;
      }),
    ),
  ];
}

/** Losses of single texts are for comparing arms, not for a summary. */
export function withoutTexts({ texts: _texts, ...told }: NonNullable<Evaluation['language']>) {
  return told;
}

/** What the k largest answers of each row alone would cost. */
export function costTable({ topCosts = [] }: Race['prepared']['teacher']): readonly string[] {
  const rows = topCosts.map(({ k, bytes, mass, tail, renormalised }) => [
    ...[String(k), String(bytes), `${(100 * mass).toFixed(3)} %`],
    ...[tail, renormalised].map((nats) => nats.toPrecision(3)),
  ]);
  const all = [['k', 'bytes a row', 'mass', 'KL with tail', 'KL renormalised'], ...rows];
  return all.map((row) => row.map((cell) => cell.padStart(16)).join(''));
}

export function teacherWords({ prepared: { teacher, dataset }, trainer: { spec } }: Race): string {
  if (spec.teacher.source === 'none') return 'no teacher';
  if (teacher.delivery === 'averaged') return 'teacher its averaged copy';
  const own = spec.data.task === 'file' && isGuessing(teacher.accuracy, dataset.classNames.length);
  const guess = own ? ', no better than guessing' : '';
  return `teacher ${(100 * teacher.accuracy).toFixed(2)} %${guess}`;
}

/** At T = 1; without a teacher there is none to agree with. */
export function measureWords(
  { accuracy, agreement, divergence }: Pick<Evaluation, 'accuracy' | 'agreement' | 'divergence'>,
  isTaught: boolean,
): string {
  const own = `accuracy ${(100 * accuracy).toFixed(2)} %`;
  if (!isTaught) return own;
  return `${own}  agreement ${(100 * agreement).toFixed(2)} %  divergence ${divergence.toFixed(4)}`;
}

/** Without a teacher its loss is that of an even guess, and says nothing. */
export function languageWords(
  { loss, perplexity, bitsPerCharacter, teacherLoss, floor }: LanguageMeasures,
  isTaught: boolean,
): string {
  const bits = bitsPerCharacter === null ? '' : `, ${bitsPerCharacter.toFixed(3)} bits a character`;
  const source = floor === null ? '' : `, entropy of the source ${floor.toFixed(4)}`;
  const beside = isTaught ? ` (teacher ${teacherLoss.toFixed(4)}${source})` : source;
  return `loss ${loss.toFixed(4)} nats a token${beside}, perplexity ${perplexity.toFixed(2)}${bits}`;
}
