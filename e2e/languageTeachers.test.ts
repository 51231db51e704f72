// Causal language models in the hub's layout teach in the browser, each its own words and with a hidden state: large
// vocabularies, every precision, on the GPU where it takes them. Their logits, as those of the student, stay there in a step.
import type { Page } from '@playwright/test';
import { presets } from '../src/spec/presets.ts';
import { expect, test } from './browser.ts';
import { countCrossings, engineOf } from './crossings.ts';
import { languageRepository, layerTensor, modelPath, type Precision } from './languageModels.ts';
import { accessible, open, state } from './page.ts';

const [length, batch, width] = [6, 2, 8];
const [warmUp, measured] = [1, 2];
const moons = presets.get('two-moons-1')?.spec;
if (moons === undefined) throw new Error('no preset');

const text = Array.from({ length: 24 }, (_, i) => `${i} stills ran, the ${i % 7}th of them cold. `).join('');

interface Case {
  readonly vocabulary: number;
  readonly precision: Precision;
  readonly provider: 'gpu' | 'wasm';
  /** The student writes half of its texts itself. */
  readonly writes?: boolean;
}

function specOf({ provider, writes = false }: Case) {
  return {
    ...moons,
    name: 'A language model',
    data: {
      ...{ task: 'text', fingerprint: '', tokenizer: 'teacher', column: 'text', length },
      ...{ transfer: 6, validation: 1, test: 1, labelled: 'all', leaveOut: [], labelNoise: 0, dataSeed: 1 },
    },
    teacher: {
      ...{ source: 'file', sha256: '', input: 'input_ids', logits: 'logits' },
      ...{ delivery: 'live', provider },
    },
    student: {
      ...{ kind: 'transformer', layers: 1, width, heads: 1, kvHeads: 1, norm: 'rms' },
      ...{ positions: 'rotary', mlp: 'gelu', tied: true, dropout: 0 },
    },
    objective: {
      ...{ mix: 1, temperature: 1, scaleByT2: true, terms: [{ id: 'forward_kl', weight: 1 }] },
      hidden: {
        ...{ loss: 'hidden_mse', weight: 0.1, maps: 'pool' },
        pairs: [{ student: 0, teacher: layerTensor }],
      },
      ...(writes ? { onPolicy: { share: 0.5, temperature: 1, prompt: 2 } } : {}),
    },
    optimiser: { ...moons?.optimiser, learningRate: 0.05, schedule: 'constant', warmup: 0 },
    training: { steps: warmUp + measured, batch, accumulate: 1, evaluateEvery: warmUp + measured },
    arms: [{ kind: 'distilled' }],
    events: [],
  };
}

interface Row {
  readonly loss: number;
  readonly hiddenLoss: number;
}

/** Steps of the one arm, by what was measured at each. */
function rows(page: Page, count: number): Promise<readonly Row[]> {
  return page.evaluate(async (n) => {
    const found: Row[] = [];
    const reading = (async () => {
      for await (const { arms } of window.stillroom.metrics() as AsyncIterable<{ arms: readonly Row[] }>) {
        found.push(...arms);
        if (found.length === n) return;
      }
    })();
    await window.stillroom.step(n);
    await reading;
    return found;
  }, count);
}

const quantised = ['f16', 'int8', 'int4'] as const;
/** Whole vocabularies take minutes each on a software GPU: all of them by STILLROOM_VOCABULARIES=49152,151936. */
const vocabularies = process.env['STILLROOM_VOCABULARIES']?.split(',').map(Number) ?? [2_048];
const cases: readonly Case[] = [
  ...vocabularies.flatMap((vocabulary) =>
    quantised.map((precision): Case => ({ vocabulary, precision, provider: 'wasm' })),
  ),
  ...(process.env['STILLROOM_VOCABULARIES'] === undefined
    ? []
    : vocabularies.map((vocabulary): Case => ({ vocabulary, precision: 'int4', provider: 'gpu' }))),
  { vocabulary: 151_936, precision: 'f32', provider: 'gpu', writes: true },
];

/** Fills in the form with this model as the teacher, and its files. */
async function bring(page: Page, one: Case) {
  const { vocabulary, precision } = one;
  const path = modelPath(precision);
  const files = languageRepository([precision], { vocabulary })
    .filter((file) => file.path.startsWith(path) || /^(config|tokenizer)\.json$/.test(file.path))
    .map((file) => ({ name: file.path.split('/').at(-1) ?? '', bytes: Buffer.from(file.bytes) }));
  const given = [...files, { name: 'text.txt', bytes: Buffer.from(text) }];
  await page.evaluate(
    ({ spec, list }) => {
      const console = window.stillroom as unknown as {
        load(spec: unknown, files: readonly File[]): Promise<void>;
      };
      const fileOf = ({ name, base64 }: { name: string; base64: string }) =>
        new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name);
      return console.load(spec, list.map(fileOf));
    },
    {
      spec: specOf(one),
      list: given.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
    },
  );
}

/** The teacher writes a text on where it lies, as far as it gets: of each token the logits of one row alone are read. */
async function write(page: Page, vocabulary: number) {
  await page.getByText('How they go on', { exact: true }).click();
  const crossed = await countCrossings(engineOf(page));
  await page.getByRole('button', { name: 'Let the teacher write' }).click();
  const text = page.locator('.written', { hasText: 'Teacher' });
  await expect(text.getByText(/Its length ends here|It ended the text|Stopped here/)).toBeVisible({
    timeout: 90_000,
  });
  const { reads } = await crossed();
  const large = reads.filter((bytes) => bytes >= 4 * vocabulary);
  expect(large.length).toBeGreaterThan(0);
  expect(Math.max(...large)).toBe(4 * vocabulary);
}

test('language models, halved and quantised, and a whole one of 151,936 words on the GPU, teach a student with a hidden state, and no logits are read back in a step', async ({
  page,
}) => {
  // Models are opened, twice each, and the software GPU compiles what each needs.
  test.setTimeout(150_000 * cases.length);
  await open(page);
  for (const one of cases) {
    const { vocabulary, precision, provider, writes = false } = one;
    await test.step(`${precision}, ${vocabulary} words, ${provider}`, () => bring(page, one));
    await page.evaluate((n) => window.stillroom.step(n), warmUp);
    const before = (await state(page)).arms[0]?.divergence ?? 0;
    const crossed = await countCrossings(engineOf(page));
    const found = await rows(page, measured);
    const { largestRead, read, reads } = await crossed();
    const after = (await state(page)).arms[0]?.divergence ?? Number.NaN;
    // What is read are metrics, the state that is kept, and at the end the held-out texts that are judged: one text a time.
    expect(largestRead).toBeLessThan(4 * batch * length * vocabulary);
    expect(read).toBeGreaterThan(0);
    for (const { loss, hiddenLoss } of found) {
      expect(loss).toBeGreaterThan(0);
      expect(hiddenLoss).toBeGreaterThan(0);
    }
    expect(after).toBeLessThan(before);
    // Tokens that the student wrote are read by the teacher where they lie.
    if (writes) expect(reads).not.toContain(4 * batch * length);
    await expect(
      page.getByText(provider === 'gpu' ? 'on the GPU, its answers never leave it' : 'Runs on the processor'),
    ).toBeVisible();
  }
  // The last of them, token by token.
  const tokens = page.getByRole('group', { name: 'Tokens of the text' }).getByRole('button');
  // The last text of a document may be shorter.
  await expect(tokens.nth(1)).toBeVisible();
  await expect(tokens.first()).toHaveAccessibleName(/, [\d.,]+ nats from the teacher$/);
  await tokens.first().click();
  await page.keyboard.press('ArrowRight');
  await expect(tokens.nth(1)).toBeFocused();
  await expect(tokens.nth(1)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText(/The teacher spreads over [\d.,]+ of 151,936 tokens here/)).toBeVisible();
  await accessible(page);
  await write(page, 151_936);
});
