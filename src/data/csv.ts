/**
 * Reads a table of numbers with one column of labels: comma, semicolon or tab, with a heading or without. It is no
 * general CSV reader: no quoted separators, no texts, no missing numbers.
 */
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';
import { limits } from '../spec/limits.ts';

export interface CsvTable {
  readonly n: number;
  readonly features: number;
  /** (n, features), without the labels. */
  readonly values: Float32Array<ArrayBuffer>;
  /** (n), whole and not negative. */
  readonly labels: Uint32Array<ArrayBuffer>;
  /** Which column the labels were, from 0. */
  readonly labelColumn: number;
}

const labelNames: ReadonlySet<string> = new Set(['label', 'labels', 'class', 'target', 'y', 'digit']);
/** Most columns, so that a hostile line cannot ask for more. */
const mostColumns = 1 << 16;
const mostNumbers = 2 ** 27;

/**
 * The label column is the one named label, class, target, y or digit; without such a heading the last column that
 * may be labels (whole numbers, at least two different ones), or else the first.
 * Errors: `csv-empty`, `csv-columns`, `csv-number`, `csv-labels`, `csv-too-large`.
 */
export function readCsv(name: string, bytes: Uint8Array): CsvTable {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  while (lines.length > 0 && (lines.at(-1) ?? '').trim() === '') lines.pop();
  const [first = ''] = lines;
  const separator = [',', ';', '\t'].find((mark) => first.includes(mark)) ?? ',';
  const heading = cells(first, separator);
  const columns = heading.length;
  const headed = heading.some((cell) => toNumber(cell) === null);
  const skipped = headed ? 1 : 0;
  const n = lines.length - skipped;
  checkSize(name, n, columns);
  const all = new Float64Array(n * columns);
  for (let row = 0; row < n; row++)
    readLine(name, lines[row + skipped] ?? '', separator, row + skipped + 1, all, row * columns, columns);
  const labelColumn = findLabels(name, all, n, columns, headed ? heading : []);
  return { n, features: columns - 1, ...split(all, n, columns, labelColumn), labelColumn };
}

function cells(line: string, separator: string): string[] {
  return line.split(separator, mostColumns + 1).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/** A finite number that float32 holds as finite, or null. */
function toNumber(cell: string): number | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(cell)) return null;
  const value = Number(cell);
  return Number.isFinite(Math.fround(value)) ? value : null;
}

function readLine(
  name: string,
  line: string,
  separator: string,
  lineNumber: number,
  into: Float64Array,
  offset: number,
  columns: number,
): void {
  const found = cells(line, separator);
  if (found.length !== columns) {
    throw csvError({
      code: 'csv-columns',
      problem: `Line ${lineNumber} of ${name} has another number of columns than the first`,
      got: String(found.length),
      wanted: String(columns),
      remedy: 'Correct that line',
    });
  }
  for (const [column, cell] of found.entries()) {
    const value = toNumber(cell);
    if (value === null) {
      throw csvError({
        code: 'csv-number',
        problem: `Line ${lineNumber}, column ${column + 1} of ${name} is not a number`,
        got: JSON.stringify(cell.slice(0, 40)),
        wanted: 'a finite number such as -1.5e-3',
        remedy: 'Number the classes from 0 and leave no cell empty',
      });
    }
    into[offset + column] = value;
  }
}

function findLabels(
  name: string,
  all: Float64Array,
  n: number,
  columns: number,
  heading: readonly string[],
): number {
  const named = heading.findIndex((cell) => labelNames.has(cell.toLowerCase()));
  const candidates = named >= 0 ? [named] : [columns - 1, 0];
  const found = candidates.find((column) => mayBeLabels(all, n, columns, column));
  if (found !== undefined) return found;
  throw csvError({
    code: 'csv-labels',
    problem: `No column of ${name} can be the labels`,
    wanted: `one column of classes from 0 to at most ${limits.classes.max - 1}, at least two of them`,
    remedy: 'Name the column “label” in the heading, or put it last',
  });
}

function mayBeLabels(all: Float64Array, n: number, columns: number, column: number): boolean {
  const first = all[column];
  let varies = false;
  for (let row = 0; row < n; row++) {
    const value = all[row * columns + column] ?? -1;
    if (!Number.isInteger(value) || value < 0 || value >= limits.classes.max) return false;
    if (value !== first) varies = true;
  }
  return varies;
}

function split(all: Float64Array, n: number, columns: number, labelColumn: number) {
  const values = new Float32Array(n * (columns - 1));
  const labels = new Uint32Array(n);
  let at = 0;
  for (const [i, value] of all.entries()) {
    if (i % columns === labelColumn) labels[Math.floor(i / columns)] = value;
    else values[at++] = value;
  }
  return { values, labels };
}

function checkSize(name: string, n: number, columns: number): void {
  if (n < 1 || columns < 2) {
    throw csvError({
      code: 'csv-empty',
      problem: `${name} holds no table`,
      got: `${Math.max(0, n)} rows of ${columns} columns`,
      wanted: 'at least 1 row with 2 columns',
      remedy: 'Separate the numbers by commas, semicolons or tabs',
    });
  }
  if (columns <= mostColumns && n * columns <= mostNumbers) return;
  throw csvError({
    code: 'csv-too-large',
    problem: `${name} is too large`,
    got: `${n} rows of ${columns > mostColumns ? `more than ${mostColumns}` : columns} columns`,
    wanted: `at most ${mostColumns} columns and ${mostNumbers} numbers`,
    remedy: 'Give fewer rows, or IDX files',
  });
}

function csvError(detail: Omit<ErrorDetail, 'control'>): StillroomError {
  return new StillroomError({ ...detail, control: 'data.file' });
}
