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

/** The first that a heading has is the labels': `y` last, for it also names a coordinate. */
const labelNames: readonly string[] = ['label', 'labels', 'class', 'target', 'digit', 'y'];
/** Most columns, so that a hostile line cannot ask for more. */
const mostColumns = 1 << 16;
const mostNumbers = 2 ** 27;
/** 64 for each cell of the widest line; the whole file is never one string, which engines limit too. */
const mostLineBytes = 64 * mostColumns;
const mostBytes = 2 ** 29;

const utf8 = new TextDecoder();
const [tab, lineFeed, carriageReturn, space] = [9, 10, 13, 32];

/**
 * The label column is the one named label, class, target, digit or y; without such a heading the last column where
 * it may be labels (whole numbers, at least two different ones), or else the first.
 * Errors: `csv-empty`, `csv-columns`, `csv-number`, `csv-labels`, `csv-too-large`.
 */
export function readCsv(name: string, bytes: Uint8Array): CsvTable {
  if (bytes.length > mostBytes) throw tooLarge(name, `${bytes.length} bytes`, `at most ${mostBytes} bytes`);
  const end = endOfTable(bytes);
  let at = lineEnd(bytes, 0, end);
  const first = decodeLine(name, bytes, 0, at, 1);
  const separator = [',', ';', '\t'].find((mark) => first.includes(mark)) ?? ',';
  const heading = cells(first, separator);
  const columns = heading.length;
  const headed = heading.some(isName);
  const skipped = headed ? 1 : 0;
  const n = countLines(bytes, end) - skipped;
  checkSize(name, n, columns);
  // A cell takes two bytes with its separator: of a shorter file some line will be refused before the end is reached.
  const all = new Float64Array(Math.min(n * columns, (bytes.length + 1) >> 1));
  let start = headed ? lineAfter(bytes, at) : 0;
  for (let row = 0; row < n; row++) {
    at = lineEnd(bytes, start, end);
    const line = row + skipped + 1;
    const text = decodeLine(name, bytes, start, at, line);
    readLine(name, text, separator, line, all, row * columns, columns);
    start = lineAfter(bytes, at);
  }
  const labelColumn = findLabels(name, all, n, columns, headed ? heading : []);
  return { n, features: columns - 1, ...split(all, n, columns, labelColumn), labelColumn };
}

/** Where the last line that is not blank ends. */
function endOfTable(bytes: Uint8Array): number {
  const blank = [tab, lineFeed, carriageReturn, space];
  let end = bytes.length;
  while (end > 0 && blank.includes(bytes[end - 1] ?? 0)) end--;
  return lineEnd(bytes, end, bytes.length);
}

function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at++;
  return at;
}

/** Where the next line begins, after one that ends here. */
function lineAfter(bytes: Uint8Array, at: number): number {
  return bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : at + 1;
}

function countLines(bytes: Uint8Array, end: number): number {
  let lines = 0;
  for (let start = 0; start < end; start = lineAfter(bytes, lineEnd(bytes, start, end))) lines += 1;
  return lines;
}

function decodeLine(name: string, bytes: Uint8Array, start: number, end: number, line: number): string {
  if (end - start <= mostLineBytes) return utf8.decode(bytes.subarray(start, end));
  throw tooLarge(name, `${end - start} bytes in line ${line}`, `at most ${mostLineBytes} bytes in a line`);
}

function cells(line: string, separator: string): string[] {
  return line.split(separator, mostColumns + 1).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/** A cell that only a heading has: neither a number, nor one that is missing, not finite or beyond float32. */
function isName(cell: string): boolean {
  return Number.isNaN(Number(cell)) && !/^([+-]?(nan|inf)|n\/?a|null|none|\?)$/i.test(cell);
}

/** A finite number that float32 holds as finite, or null. */
function toNumber(cell: string): number | null {
  // No two parts match the same digits, or a long cell would take quadratic time.
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(cell)) return null;
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
  const names = heading.map((cell) => cell.toLowerCase());
  const named = labelNames.map((label) => names.indexOf(label)).find((column) => column >= 0);
  const candidates = named === undefined ? [columns - 1, 0] : [named];
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
  throw tooLarge(
    name,
    `${n} rows of ${columns > mostColumns ? `more than ${mostColumns}` : columns} columns`,
    `at most ${mostColumns} columns and ${mostNumbers} numbers`,
  );
}

function tooLarge(name: string, got: string, wanted: string): StillroomError {
  return csvError({
    code: 'csv-too-large',
    problem: `${name} is too large`,
    got,
    wanted,
    remedy: 'Give fewer rows, or IDX files',
  });
}

function csvError(detail: Omit<ErrorDetail, 'control'>): StillroomError {
  return new StillroomError({ ...detail, control: 'data.file' });
}
