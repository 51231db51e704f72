/**
 * What can be found out about a loss before it is trained, in float64 and without an executor; and the judgement of what
 * an executor computed for the same rows. One line a check. Errors of a formula are lines, not exceptions.
 */
import { type CheckedLoss, type CheckLine, checkNames, type LossReport } from '../protocol/checks.ts';
import { labelLosses, termLosses } from './catalogue.ts';
import { checkTemperatures, edgeRows, ordinaryRows } from './checkInputs.ts';
import { directValue } from './formula/directValue.ts';
import { compileFormula, type Formula } from './formula/formula.ts';
import { FormulaError, positionOf } from './formula/formulaError.ts';
import { canProbe, type Probed, probe } from './probe.ts';

type Lines = Partial<Record<CheckLine['check'], CheckLine>>;

export const checkLimits = {
  /** In norm, over all ordinary rows (STYLE.md and LOSSES.md have the same for kernels). */
  gpu: 1e-5,
  differences: 1e-7,
  /** What counts as nothing beside numbers of order 1. */
  nothing: 1e-9,
} as const;

export interface Examined {
  readonly loss: CheckedLoss;
  readonly title: string;
  readonly formula: Formula | null;
  readonly lines: Lines;
  /** It can be computed, so it is worth an executor's while. */
  readonly sound: boolean;
}

/** All rows in the order in which an executor is asked, for each temperature. */
export const checkedRows = [...ordinaryRows, ...edgeRows];

export function examine(loss: CheckedLoss): Examined {
  const entry = [...labelLosses, ...termLosses].find(({ id }) => id === loss.id);
  const title = loss.id === 'formula' ? 'A formula' : (entry?.title ?? loss.id);
  const read = loss.id === 'formula' ? readFormula(loss.formula ?? '') : null;
  if (read !== null && 'verdict' in read)
    return { loss, title, formula: null, lines: { parses: read }, sound: false };
  if (!canProbe(loss.id)) {
    const says = 'A loss of this name is computed for single rows nowhere';
    const parses = line('parses', 'note', `${says}, so it cannot be checked alone`);
    return { loss, title, formula: null, lines: { parses }, sound: false };
  }
  const lines: Lines = {
    parses: line('parses', 'pass', read === null ? 'One of the catalogue' : describe(read)),
    finite: finiteLine(loss),
    differences: read === null ? differencesLine(loss) : directLine(loss, read),
    zero: zeroLine(loss),
    shift: shiftLine(loss),
    hot: hotLine(loss),
  };
  return { loss, title, formula: read, lines, sound: true };
}

/** What an executor found: by temperature and row, in the order of `checkedRows`. */
export interface FoundRows {
  readonly temperature: number;
  readonly losses: readonly number[];
  readonly gradients: readonly ArrayLike<number>[];
  /** Of a row that is masked: it must be 0. */
  readonly masked: ArrayLike<number>;
}

/** The lines that need what an executor found; `where` names it. */
export function judge(loss: CheckedLoss, found: readonly FoundRows[], where: string): Lines {
  let [difference, size] = [0, 0];
  let broken: string | null = null;
  for (const { temperature, losses, gradients, masked } of found) {
    checkedRows.forEach((row, r) => {
      const gradient = Array.from(gradients[r] ?? []);
      if (broken === null && !(Number.isFinite(losses[r]) && gradient.every(Number.isFinite)))
        broken = `Not finite on ${where} at T = ${temperature}: ${row.edge || 'an ordinary row'}`;
      if (row.edge !== '') return;
      probe(loss, temperature, row)?.gradient.forEach((wanted, j) => {
        difference += (wanted - (gradient[j] ?? Number.NaN)) ** 2;
        size += wanted ** 2;
      });
    });
    if (broken === null && !Array.from(masked).every((g) => g === 0))
      broken = `A masked row has a gradient on ${where}`;
  }
  const error = Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-30);
  const good = error <= checkLimits.gpu;
  const says = good
    ? `The gradient on ${where} is that of float64`
    : `The gradient on ${where} differs from that of float64`;
  const remedy = good ? {} : { remedy: 'Write it without differences of nearly equal numbers' };
  const gpu: CheckLine = {
    ...line('gpu-gradient', good ? 'pass' : 'fail', says, error, checkLimits.gpu),
    ...remedy,
  };
  return { 'gpu-gradient': gpu, ...(broken === null ? {} : { finite: line('finite', 'fail', broken) }) };
}

/** What an executor found at one end of a parameter's range. */
export interface FoundEnd {
  readonly parameter: string;
  readonly value: number;
  readonly losses: readonly number[];
  readonly gradients: readonly ArrayLike<number>[];
}

/** A loss that is finite as it stands may not be so, or may teach nothing, where a slider or a sweep takes it. */
export function judgeEnds(ends: readonly FoundEnd[]): CheckLine | null {
  const faults = ends.flatMap(({ parameter, value, losses, gradients }) => {
    const all = checkedRows.map((row, r) => ({
      row,
      loss: losses[r],
      gradient: Array.from(gradients[r] ?? []),
    }));
    const broken = all.find(
      ({ loss, gradient }) => !(Number.isFinite(loss) && gradient.every(Number.isFinite)),
    );
    const at = `at ${parameter} = ${value}`;
    if (broken !== undefined) return [`${at} it is not: ${broken.row.edge || 'an ordinary row'}`];
    const ordinary = all.filter(({ row }) => row.edge === '');
    if (ordinary.every(({ gradient }) => gradient.every((g) => g === 0))) return [`${at} it has no gradient`];
    return ordinary.every(({ loss }) => loss === 0) ? [`${at} it is 0 on every row`] : [];
  });
  return faults.length === 0 ? null : line('finite', 'note', `Finite as it stands, but ${faults.join('; ')}`);
}

/** Every check once, in order. */
export function reportOf(examined: Examined, more: Lines, milliseconds: number): LossReport {
  const { loss, title, formula, sound } = examined;
  const own = examined.lines.finite?.verdict === 'fail' ? { ...more, finite: examined.lines.finite } : more;
  const found: Lines = { ...examined.lines, ...own };
  const missing = sound ? 'It was not asked for' : 'There is nothing to compute';
  return {
    loss,
    title,
    lines: checkNames.map((check) => found[check] ?? line(check, 'skipped', missing)),
    milliseconds,
    parameters: formula?.parameters ?? [],
    wgsl: formula?.wgsl ?? null,
  };
}

export function line(
  check: CheckLine['check'],
  verdict: CheckLine['verdict'],
  says: string,
  figure: number | null = null,
  limit: number | null = null,
): CheckLine {
  return { check, verdict, figure, limit, says };
}

function readFormula(text: string): Formula | CheckLine {
  try {
    return compileFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const position = positionOf(text, error.span);
    return { ...line('parses', 'fail', error.message), position, remedy: error.remedy };
  }
}

function describe({ levels, labelled, scaled }: Formula): string {
  const sums =
    levels === 0
      ? 'one pass over the classes'
      : `${levels} more ${levels === 1 ? 'pass' : 'passes'} for its inner sums`;
  const rows = labelled ? 'counts labelled rows' : 'counts all rows';
  return `It needs ${sums}, ${rows}, and T² ${scaled ? 'applies where the run scales by it' : 'never applies'}`;
}

function finiteLine(loss: CheckedLoss): CheckLine {
  for (const temperature of checkTemperatures) {
    for (const row of checkedRows) {
      const found = probe(loss, temperature, row);
      if (found === null || (Number.isFinite(found.value) && found.gradient.every(Number.isFinite))) continue;
      const says = `Not finite in float64 at T = ${temperature}: ${row.edge || 'an ordinary row'}`;
      return {
        ...line('finite', 'fail', says),
        remedy: 'Keep what is divided by, or taken the logarithm of, away from 0',
      };
    }
  }
  return line('finite', 'pass', `Finite on ${edgeRows.length} edges: ±80, equal, one-hot, masked`);
}

/** Parts that are held fixed in the gradient, which differences cannot see. */
const detached: ReadonlySet<string> = new Set(['adaptive_kl', 'sampled_reverse_kl']);
const step = 1e-3;
/** Differences take eighty values a row, so a few rows must do. */
const differentiatedRows = [1, 4, 8].flatMap((r) => ordinaryRows.slice(r, r + 1));

function differencesLine(loss: CheckedLoss): CheckLine {
  if (detached.has(loss.id)) {
    return line('differences', 'note', 'It holds a part fixed, which differences cannot see');
  }
  let [difference, size, left] = [0, 0, 0];
  for (const temperature of checkTemperatures) {
    for (const row of differentiatedRows) {
      const found = probe(loss, temperature, row);
      const slopes = row.student.map((_, j) => slopeAt(loss, temperature, row, j));
      // Two steps that do not agree stand astride a kink.
      if (found === null || slopes.some(({ kink }) => kink)) {
        left += 1;
        continue;
      }
      slopes.forEach(({ slope }, j) => {
        difference += ((found.gradient[j] ?? Number.NaN) - slope) ** 2;
        size += slope ** 2;
      });
    }
  }
  return compared(difference, size, left, differentiatedRows.length, 'differences of its value');
}

function slopeAt(
  loss: CheckedLoss,
  temperature: number,
  row: (typeof ordinaryRows)[number],
  j: number,
): { readonly slope: number; readonly kink: boolean } {
  const value = (by: number): number => {
    const student = row.student.map((z, i) => (i === j ? z + by : z));
    return probe(loss, temperature, { ...row, student })?.value ?? Number.NaN;
  };
  const slope = (h: number): number =>
    (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
  const [wide, narrow] = [slope(step), slope(step / 2)];
  return { slope: wide, kink: Math.abs(wide - narrow) > 1e-6 * (1 + Math.abs(wide)) };
}

/** A formula is differentiated a second time as it was typed, with dual numbers: they see what is detached. */
function directLine(loss: CheckedLoss, { reading }: Formula): CheckLine {
  let [difference, size, left] = [0, 0, 0];
  const ends = new Map<string, number>();
  for (const temperature of checkTemperatures) {
    for (const row of ordinaryRows) {
      const found = probe(loss, temperature, row);
      const direct = directValue(reading, { ...row, temperature, values: defaultsOf(loss, reading) });
      if (found === null || direct.edge !== null) {
        left += 1;
        const end = domainEnds.get(direct.edge ?? '');
        if (end !== undefined) ends.set(end, (ends.get(end) ?? 0) + 1);
        continue;
      }
      direct.gradient.forEach((slope, j) => {
        difference += ((found.gradient[j] ?? Number.NaN) - slope) ** 2;
        size += slope ** 2;
      });
    }
  }
  const by = 'what was typed, differentiated another way';
  const line = compared(difference, size, left, ordinaryRows.length, by);
  const [end] = [...ends].sort(([, a], [, b]) => b - a);
  if (end === undefined) return line;
  const [what, count] = end;
  const rows = checkTemperatures.length * ordinaryRows.length;
  const told = `On ${count} of ${rows} ordinary rows ${what}, so that its value there is only a substitute`;
  const says = left === rows ? `${told}, and nothing was compared` : `${told}. ${line.says}`;
  const remedy = line.remedy ?? 'Write it so that this cannot be, or only where it is not used';
  return { ...line, verdict: line.verdict === 'fail' ? 'fail' : 'note', says, remedy };
}

/** What is outside of the domain, or within 1e-7 of its end, by the function that `directValue` names. */
const domainEnds: ReadonlyMap<string, string> = new Map([
  ['log', 'log is taken of 0 or less'],
  ['sqrt', 'sqrt is taken of 0 or less'],
  ['power', 'a power is taken of 0 or less'],
  ['log1p', 'log1p is taken of −1 or less'],
  ['division', 'it divides by 0'],
]);

function defaultsOf(
  { parameters }: CheckedLoss,
  { parameters: known }: Formula['reading'],
): Record<string, number> {
  return Object.fromEntries(known.map((one) => [one.name, parameters[one.name] ?? one.default]));
}

function compared(difference: number, size: number, left: number, each: number, by: string): CheckLine {
  const rows = checkTemperatures.length * each;
  if (left === rows)
    return line('differences', 'note', 'Every row lies near a kink, so nothing was compared');
  const error = Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-12);
  const good = error <= checkLimits.differences;
  const without = left === 0 ? '' : `, without ${left} of ${rows} rows near kinks`;
  const says = `The gradient ${good ? 'agrees' : 'disagrees'} with ${by}${without}`;
  return line('differences', good ? 'pass' : 'fail', says, error, checkLimits.differences);
}

function zeroLine(loss: CheckedLoss): CheckLine {
  let [value, gradient, pull, away, below] = [0, 0, 0, 0, false];
  for (const row of ordinaryRows) {
    const [there, here] = [probe(loss, 1, { ...row, student: row.teacher }), probe(loss, 1, row)];
    value = Math.max(value, Math.abs(there?.value ?? 0));
    gradient = Math.max(gradient, norm(there));
    pull = Math.max(pull, norm(here));
    away = Math.max(away, Math.abs(here?.value ?? 0));
    below ||= (here?.value ?? 0) < (there?.value ?? 0) - checkLimits.nothing;
  }
  if (pull === 0) {
    const remedy = 'Look for a division by 0, or a part that is all inside of detach(…)';
    return { ...line('zero', 'fail', 'No gradient on any row: nothing would be learned'), remedy };
  }
  if (away === 0) {
    const remedy = 'Choose other parameters, or write the limit out';
    return { ...line('zero', 'fail', '0 on every row, though it has a gradient: it divides by 0'), remedy };
  }
  const still = gradient <= checkLimits.nothing;
  if (still && below) {
    const says = 'Highest there: training would lead away from the teacher';
    return { ...line('zero', 'fail', says), remedy: 'Turn its sign' };
  }
  if (still && value <= checkLimits.nothing) return line('zero', 'pass', '0, with no gradient', value);
  const says = still
    ? 'No gradient there, but a value: the target’s own entropy, or a constant'
    : 'It goes on pulling there: its best student is not the teacher';
  return line('zero', 'note', says, still ? value : gradient);
}

const offset = 3;

function shiftLine(loss: CheckedLoss): CheckLine {
  let most = 0;
  for (const row of ordinaryRows) {
    const [at, moved] = [row, { ...row, student: row.student.map((z) => z + offset) }].map((one) =>
      probe(loss, 1, one),
    );
    const change = Math.abs((moved?.value ?? 0) - (at?.value ?? 0));
    most = Math.max(most, change / Math.max(1, Math.abs(at?.value ?? 0)));
  }
  if (most <= checkLimits.nothing)
    return line('shift', 'pass', 'A constant added to all logits changes nothing', most);
  return line(
    'shift',
    'note',
    `${offset} added to all logits changes it: the student must learn the offset too`,
    most,
  );
}

function hotLine(loss: CheckedLoss): CheckLine {
  const [row] = ordinaryRows;
  if (row === undefined) return line('hot', 'skipped', 'There is no row');
  const [warm, hot] = [100, 1000].map((temperature) => norm(probe(loss, temperature, row)));
  if (warm === undefined || hot === undefined || !Number.isFinite(warm + hot))
    return line('hot', 'fail', 'The gradient is not finite at T = 1000');
  if (hot === 0) return line('hot', 'note', 'No gradient is left at T = 1000', 0);
  const power = Math.log10(hot / warm);
  if (Math.abs(power) < 0.01)
    return line('hot', 'note', 'The gradient stays as it is: T plays no part in it', power);
  const says = `The gradient ${power < 0 ? 'falls' : 'grows'} as T to the power of ${power.toFixed(1).replace('-', '−')}`;
  const about = Math.abs(power + 2) < 0.05 ? ', which T² evens out' : '';
  return line('hot', 'note', says + about, power);
}

function norm(found: Probed | null): number {
  return found === null ? 0 : Math.hypot(...found.gradient);
}
