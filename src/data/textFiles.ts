/**
 * Documents from a user's text: a plain file is one document, a line of JSON one (by a field of it), a row of a CSV
 * table one (by a column). It cuts nothing into tokens.
 */
import { type ErrorDetail, StillroomError } from '../spec/errors.ts';
import { Fingerprint } from './fingerprint.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { largestDataFile } from './idx.ts';

/** Field and column that hold the text where none is named. */
export const usualColumn = 'text';

/**
 * The texts of one file, none empty, line ends as \n. `column` names the field of a .jsonl or the column of a .csv.
 * Errors: `text-encoding`, `text-json`, `text-column`, `text-csv`, `text-empty`, those of gzip.
 */
export function readDocuments(name: string, packed: Uint8Array, column: string): readonly string[] {
  const bytes = isGzip(packed) ? gunzip(name, packed, largestDataFile) : packed;
  const text = decoded(name, bytes);
  const plain = name.replace(/\.gz$/i, '');
  const documents = documentsOf(name, plain, text, column === '' ? usualColumn : column)
    .map((one) => one.replaceAll('\r\n', '\n'))
    .filter((one) => one.trim() !== '');
  if (documents.length > 0) return documents;
  throw textError({
    code: 'text-empty',
    problem: `${name} holds no text`,
    wanted: 'at least some sentences',
    remedy: 'Give another file',
  });
}

/** 16 hex digits over documents and the tokenizer's file, where there is one: `data.fingerprint` of a run. */
export function textFingerprint(documents: readonly string[], tokenizer: Uint8Array | null): string {
  const hash = new Fingerprint().words(Uint32Array.of(documents.length));
  for (const one of documents) {
    const bytes = new TextEncoder().encode(one);
    hash.words(Uint32Array.of(bytes.length)).words(Uint32Array.from(bytes));
  }
  if (tokenizer !== null) hash.words(Uint32Array.from(tokenizer));
  return hash.hex();
}

function documentsOf(name: string, plain: string, text: string, column: string): readonly string[] {
  if (/\.(jsonl|ndjson)$/i.test(plain)) return fromJsonLines(name, text, column);
  if (/\.csv$/i.test(plain)) return fromTable(name, text, ',', column);
  if (/\.tsv$/i.test(plain)) return fromTable(name, text, '\t', column);
  return [text];
}

function decoded(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw textError(
      {
        code: 'text-encoding',
        problem: `${name} is no text in UTF-8`,
        remedy: 'Save it as UTF-8',
      },
      cause,
    );
  }
}

function fromJsonLines(name: string, text: string, field: string): readonly string[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = fieldOf(line, field);
    if (typeof value === 'string') return [value];
    throw textError({
      code: value === null ? 'text-json' : 'text-column',
      problem: `Line ${i + 1} of ${name} is no record with a text`,
      got: line.slice(0, 60),
      wanted: `{"${field}": "…"}`,
      remedy: 'Correct the line, or name the field that holds the text',
    });
  });
}

/** The field's value; undefined where there is none, null where the line is no JSON object. */
function fieldOf(line: string, field: string): unknown {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record !== 'object' || record === null) return null;
    return new Map(Object.entries(record)).get(field) ?? undefined;
  } catch {
    return null;
  }
}

function fromTable(name: string, text: string, separator: string, column: string): readonly string[] {
  const [heading = [], ...rows] = cellsOf(name, text, separator);
  const at = heading.indexOf(column);
  if (at < 0) {
    throw textError({
      code: 'text-column',
      problem: `${name} has no column ${column}`,
      got: heading.slice(0, 12).join(', '),
      remedy: 'Name the column that holds the text',
    });
  }
  return rows.flatMap((row) => row[at] ?? []);
}

/** Rows of cells by RFC 4180: a cell in quotes may hold separators, line ends and doubled quotes. */
function cellsOf(name: string, text: string, separator: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      const end = endOfQuoted(text, at + 1);
      if (end < 0) throw unclosed(name, rows.length + 1);
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const start = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1;
      cell = text.slice(start, at);
    }
    row.push(cell);
    if (text[at] === separator) {
      at += 1;
      if (at === text.length) row.push('');
      continue;
    }
    rows.push(row);
    row = [];
    while (text[at] === '\r' || text[at] === '\n') at += 1;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

/** The place of the closing quote, or −1. */
function endOfQuoted(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0 || text[at + 1] !== '"') return at;
    at += 2;
  }
}

function unclosed(name: string, row: number): StillroomError {
  return textError({
    code: 'text-csv',
    problem: `In row ${row} of ${name} a quotation mark is not closed`,
    remedy: 'Save the table as CSV by RFC 4180',
  });
}

function textError(detail: Omit<ErrorDetail, 'control'>, cause?: unknown): StillroomError {
  return new StillroomError({ ...detail, control: 'data.file' }, cause === undefined ? undefined : { cause });
}
