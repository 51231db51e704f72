// Tables come out number by number with their labels, or are refused with the line and the cell that is wrong.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv } from './csv.ts';
import { acceptedBy, damaged, fuzz, refusal, textFile } from './readerTests.ts';

const read = (text: string) => readCsv('t.csv', textFile(text));
const refused = (text: string) => refusal(() => read(text));
const numbers = (text: string) => {
  const { n, features, values, labels, labelColumn } = read(text);
  return { n, features, values: [...values], labels: [...labels], labelColumn };
};
/** Zero is written without its sign. */
const withoutSign = (value: number) => value + 0;
const plain = { n: 2, features: 2, values: [1.5, -2, 0.25, 4], labels: [0, 1], labelColumn: 2 };

describe('forms of one table', () => {
  test.each([
    ['line feeds', '1.5,-2,0\n0.25,4,1'],
    ['a line feed at the end', '1.5,-2,0\n0.25,4,1\n'],
    ['carriage returns and line feeds', '1.5,-2,0\r\n0.25,4,1\r\n'],
    ['carriage returns', '1.5,-2,0\r0.25,4,1\r'],
    ['blank lines at the end', '1.5,-2,0\n0.25,4,1\n\n \r\n\t\n'],
    ['semicolons', '1.5;-2;0\n0.25;4;1'],
    ['tabs', '1.5\t-2\t0\n0.25\t4\t1'],
    ['spaces about the cells', ' 1.5 ,\t-2, 0\n0.25 ,4 , 1 '],
    ['quotes', '"1.5","-2","0"\n"0.25","4","1"'],
    ['exponents, signs and bare points', '15e-1,-0.2E+1,0.\n.25,+4,1.0'],
    ['a byte order mark', '\ufeff1.5,-2,0\n0.25,4,1'],
    ['a heading', 'a,b,kind\n1.5,-2,0\n0.25,4,1'],
    ['a quoted heading', '"a","b","kind"\r\n1.5,-2,0\r\n0.25,4,1'],
    ['a heading of which only one cell is a word', '0,1,kind\n1.5,-2,0\n0.25,4,1'],
  ])('%s', (_, text) => {
    expect(numbers(text)).toEqual(plain);
  });

  test('any finite numbers come out as float32 has them, whatever separates them', () => {
    const cell = fc.double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 });
    const rows = fc
      .integer({ min: 1, max: 6 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 8 }),
      );
    const form = fc.record({
      separator: fc.constantFrom(',', ';', '\t'),
      newLine: fc.constantFrom('\n', '\r\n', '\r'),
      quote: fc.constantFrom('', '"'),
      heading: fc.boolean(),
    });
    fc.assert(
      fc.property(rows, form, (table, { separator, newLine, quote, heading }) => {
        const labelled = table.map((row, i) => [...row, i % 3]);
        const names = labelled[0]?.map((_, i) => `column ${i}`) ?? [];
        const lines = [...(heading ? [names] : []), ...labelled];
        const text = lines.map((row) => row.map((x) => quote + x + quote).join(separator)).join(newLine);
        const found = read(text);
        expect(found.values).toEqual(Float32Array.from(table.flat(), withoutSign));
        expect([...found.labels]).toEqual(table.map((_, i) => i % 3));
      }),
      { ...fuzz, numRuns: 500 },
    );
  });
});

describe('the label column', () => {
  test.each([
    ['label', 'label,y,x\n1,2,3\n0,4,5', 0],
    ['class, in capitals', 'x,CLASS,y\n2,1,3\n4,0,5', 1],
    ['target before y', 'y,x,target\n0,1,3\n1,2,4', 2],
    ['y, where no other is named', 'x,y,z\n1,2,3\n4,5,6', 1],
    ['label, where y is a coordinate', 'x,y,label\n.5,.25,0\n.75,.125,1', 2],
  ])('is the one named %s', (_, text, column) => {
    expect(read(text).labelColumn).toBe(column);
  });

  test.each([
    ['the last', '5,6,0\n7,8,1', 2],
    ['the first, where the last is not whole', '0,6,.5\n1,8,1.5', 0],
    ['the first, where the last is negative', '0,6,-1\n1,8,2', 0],
    ['the first, where the last is the same in all rows', '0,6,3\n1,8,3', 0],
    ['the first, where the last has more classes than there may be', '0,6,200000\n1,8,1', 0],
    ['the last, with as many classes as there may be', '0,6,199999\n1,8,1', 2],
  ])('is %s without a name', (_, text, column) => {
    expect(read(text).labelColumn).toBe(column);
  });

  test('that is named and holds no classes is refused, rather than another be taken', () => {
    for (const text of ['a,label,b\n1,.5,0\n2,1,1', 'a,label,b\n1,0,0\n2,0,1', 'a,label,b\n1,-1,0\n2,1,1'])
      expect(refused(text)).toMatchObject({
        code: 'csv-labels',
        problem: 'No column of t.csv can be the labels',
      });
    expect(refused('.5,1,.5\n1.5,2,2.5').code).toBe('csv-labels');
    expect(refused('1,2').code).toBe('csv-labels');
  });
});

describe('refusals', () => {
  test.each([
    ['nothing', '', '0 rows of 1 columns'],
    ['blank lines', '\n \n\n', '0 rows of 1 columns'],
    ['one column', '1\n2\n3\n', '3 rows of 1 columns'],
    ['a heading alone', 'a,b,label\n', '0 rows of 3 columns'],
  ])('%s is no table', (_, text, got) => {
    expect(refused(text)).toMatchObject({ code: 'csv-empty', got });
  });

  test.each([
    ['a cell too many', '1,2,0\n3,4,1\n5,6,7,1', 3, '4', '3'],
    ['a cell too few', 'a,b,label\r\n1,2,0\r\n3,4\r\n', 3, '2', '3'],
    ['a blank line between', '1,2,0\n\n3,4,1', 2, '1', '3'],
    ['another separator', '1;2;0\n3;4;1\n5,6,1', 3, '1', '3'],
  ])('%s is refused with its line', (_, text, line, got, wanted) => {
    expect(refused(text)).toMatchObject({
      code: 'csv-columns',
      problem: `Line ${line} of t.csv has another number of columns than the first`,
      got,
      wanted,
      control: 'data.file',
    });
  });

  test.each([
    ['a missing cell', '1,2,0\n3,,1', 2, 2, '""'],
    ['a missing cell at the end', '1,2,0\n3,4,', 2, 3, '""'],
    ['a missing cell in the first line', '1,,0\n3,4,1', 1, 2, '""'],
    ['NaN', 'a,b,label\n1,2,0\nNaN,4,1', 3, 1, '"NaN"'],
    ['NaN in the first line, which is no heading', '1,nan,0\n3,4,1', 1, 2, '"nan"'],
    ['a question mark in the first line', '?,2,0\n3,4,1', 1, 1, '"?"'],
    ['infinity', '1,2,0\n3,-Infinity,1', 2, 2, '"-Infinity"'],
    ['infinity in the first line', '1,inf,0\n3,4,1', 1, 2, '"inf"'],
    ['a number beyond float32', '1,2,0\n3,3.5e38,1', 2, 2, '"3.5e38"'],
    ['a number beyond float32 in the first line', '1,1e999,0\n3,4,1', 1, 2, '"1e999"'],
    ['a number beyond float64', '1,2,0\n3,1e999,1', 2, 2, '"1e999"'],
    ['a word', '1,2,0\n3,four,1', 2, 2, '"four"'],
    ['a hexadecimal number', '1,2,0\n3,0x10,1', 2, 2, '"0x10"'],
    ['two numbers', '1,2,0\n3,4 5,1', 2, 2, '"4 5"'],
    ['a decimal comma', 'a;b;label\n1;2;0\n3;4,5;1', 3, 2, '"4,5"'],
    ['a quote that is not closed', '1,2,0\n3,"4,1', 2, 2, '"\\"4"'],
    ['a byte that is no text', '1,2,0\n3,\u0000,1', 2, 2, '"\\u0000"'],
  ])('%s is refused with its line and column', (_, text, line, column, got) => {
    expect(refused(text)).toMatchObject({
      code: 'csv-number',
      problem: `Line ${line}, column ${column} of t.csv is not a number`,
      got,
    });
  });

  test('a long wrong cell is shown in part', () => {
    expect(refused(`1,2,0\n3,${'z'.repeat(500)},1`).got).toBe(`"${'z'.repeat(40)}"`);
  });

  test('a number of 100,000 digits that is none is refused at once', { timeout: 5_000 }, () => {
    expect(refused(`1,2,0\n3,${'1'.repeat(100_000)}x,1`)).toMatchObject({ code: 'csv-number' });
    expect(refused(`1,2,0\n3,${'1'.repeat(100_000)},1`)).toMatchObject({ code: 'csv-number' });
  });
});

describe('limits', () => {
  test('65,536 columns are read, and one more is too large', () => {
    const line = (columns: number, label: number) => `${'7,'.repeat(columns - 1)}${label}`;
    expect(read(`${line(65_536, 0)}\n${line(65_536, 1)}`).features).toBe(65_535);
    expect(refused(`${line(65_537, 0)}\n${line(65_537, 1)}`)).toMatchObject({
      code: 'csv-too-large',
      got: '2 rows of more than 65536 columns',
    });
  });

  test('a line longer than any line of numbers is refused before it is split', () => {
    expect(refused(`1,2,0\n3,${' '.repeat(2 ** 22)}4,1`)).toMatchObject({
      code: 'csv-too-large',
      got: `${2 ** 22 + 5} bytes in line 2`,
      wanted: `at most ${2 ** 22} bytes in a line`,
    });
  });

  test('more numbers than there may be are refused by their count', () => {
    const text = `${'7,'.repeat(65_535)}0\n${'\n'.repeat(2 ** 11)}1`;
    expect(refused(text)).toMatchObject({ code: 'csv-too-large', got: '2050 rows of 65536 columns' });
  });

  test('a short file whose lines would make a large table is refused at its first short line', () => {
    const text = `${'7,'.repeat(65_535)}0\n${'\n'.repeat(2_000)}1`;
    expect(refused(text)).toMatchObject({ code: 'csv-columns', got: '1', wanted: '65536' });
  });
});

test('no damage gives a number that is not finite, a wrong count or an error of another kind', () => {
  const pieces = ['\r', '\n\n', ',', ';', '"', 'NaN', 'inf', '1e999', '-', '.', 'e', '\ufeff', 'label,'].map(
    textFile,
  );
  const texts = [
    'a,b,label\n1,2,0\n-3.5e2,4,1\n.5,6,2\n',
    '"1"\t"2"\t"0"\r\n"3"\t"4"\t"1"\r\n',
    '0;1;2\r1;3;4\r',
  ];
  let accepted = 0;
  for (const text of texts) {
    fc.assert(
      fc.property(damaged(textFile(text), [...pieces, Uint8Array.of(0xff, 0xc0)]), (bytes) => {
        const table = acceptedBy(() => readCsv('t.csv', bytes));
        if (table === null) return;
        accepted += 1;
        expect(table.values).toHaveLength(table.n * table.features);
        expect(table.labels).toHaveLength(table.n);
        expect(table.values.every(Number.isFinite)).toBe(true);
        expect(Math.max(...table.labels)).toBeLessThan(200_000);
        expect(table.labelColumn).toBeLessThanOrEqual(table.features);
      }),
      fuzz,
    );
  }
  expect(accepted).toBeGreaterThan(200);
});
