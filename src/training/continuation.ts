/**
 * Texts that go on from a prompt: by each student, with its own sampler on the executor, and by a teacher, token by token on
 * the host. For the page to show side by side; no batch is made of them.
 */
import type { Vocabulary } from '../data/textTask.ts';
import type { Written } from '../protocol/texts.ts';
import { StillroomError } from '../spec/errors.ts';
import type { NextToken } from '../teachers/rowTeacher.ts';
import type { BoundProgram } from '../tensor/executor.ts';
import { RandomStream } from '../tensor/random.ts';
import { Generator, generateTemplate } from './generator.ts';
import type { Race } from './race.ts';

/** How a text goes on: greedily at 0. The same seed gives the same text. */
export interface Wish {
  readonly temperature: number;
  readonly seed: number;
}

/** Errors: `prompt-unknown` naming what there is no token for, `prompt-empty`, `prompt-long`. */
export function promptTokens(
  text: string,
  { encode, begin }: Vocabulary,
  positions: number,
): readonly number[] {
  const found = encode(text);
  const strange = found.indexOf(null);
  if (strange >= 0)
    throw badPrompt('prompt-unknown', 'The prompt has something that the vocabulary has no token for', {
      got: `the ${strange + 1}. token of “${text.slice(0, 80)}”`,
      remedy: 'Use words and signs of the texts that it learns from',
    });
  const known = found.filter((token) => token !== null);
  const tokens = begin === null ? known : [begin, ...known];
  if (tokens.length === 0)
    throw badPrompt('prompt-empty', 'The prompt is empty', {
      wanted: 'at least one token, since nothing marks the beginning of these texts',
      remedy: 'Type a word',
    });
  if (tokens.length >= positions)
    throw badPrompt('prompt-long', 'The prompt leaves no room to go on', {
      got: `${tokens.length} tokens`,
      wanted: `at most ${positions - 1}, one less than the students read at once`,
      remedy: 'Shorten it',
    });
  return tokens;
}

/** The students of a race, or the averaged copies that teach them, each writing one text. */
export class StudentWriters {
  readonly #race: Race;
  readonly #generator: Generator;
  readonly #arms: readonly BoundProgram[];

  /** Errors: those of the executor. */
  static async create(race: Race, weights: 'parameters' | 'average' = 'parameters'): Promise<StudentWriters> {
    const { executor, trainer } = race;
    const [arm] = trainer.arms;
    if (arm === undefined) throw new RangeError('a race without arms');
    const template = generateTemplate(arm.model, 1, executor.adapter.software);
    await executor.prepare([template.planned.program]);
    const generator = new Generator(executor, template);
    try {
      await executor.allocated();
      return new StudentWriters(race, generator, weights);
    } catch (error) {
      generator.dispose();
      throw error;
    }
  }

  private constructor(race: Race, generator: Generator, weights: 'parameters' | 'average') {
    this.#race = race;
    this.#generator = generator;
    this.#arms = race.trainer.arms.flatMap((arm) => {
      const placements = weights === 'average' ? arm.averagePlacements : arm.placements;
      return placements === null ? [] : [generator.bind(placements)];
    });
  }

  /** One text of each arm that has such weights, all of the same step. */
  async write(prompt: readonly number[], { temperature, seed }: Wish): Promise<readonly Written[]> {
    const end = this.#race.prepared.dataset.vocabulary?.end ?? null;
    const all = this.#arms.map((bound) => {
      this.#generator.write(bound, [prompt], { temperature, seed, phase: 0 });
      return this.#generator.tokens();
    });
    return (await Promise.all(all)).map((tokens) => {
      const written = tokens.subarray(prompt.length);
      const stop = end === null ? -1 : written.indexOf(end);
      return stop < 0
        ? { tokens: written.slice(), finish: 'length' as const }
        : { tokens: written.slice(0, stop), finish: 'end' as const };
    });
  }

  dispose(): void {
    this.#generator.dispose();
  }
}

/** Logits (positions, classes) of one text of full length. */
type Answer = (inputs: Uint32Array<ArrayBuffer>) => Promise<Float32Array>;

/** For a model that keeps nothing of what it has read: the whole text is read again for each token. */
export function rereading(answer: Answer, positions: number, { pieces }: Vocabulary): NextToken {
  const classes = pieces.length;
  const inputs = new Uint32Array(positions);
  return async (tokens, known) => {
    inputs.set(tokens, known);
    const at = known + tokens.length;
    return (await answer(inputs)).subarray((at - 1) * classes, at * classes);
  };
}

interface Teaching {
  readonly positions: number;
  readonly end: number | null;
  /** Milliseconds after which it stops where it is. */
  readonly patience: number;
  /** False where nobody waits for the rest any more. */
  readonly wanted?: () => boolean;
  readonly now?: () => number;
}

/** Whatever else is asked of this thread is done between its tokens. Errors: those of the answers. */
export async function teacherWrites(
  next: NextToken,
  prompt: readonly number[],
  { temperature, seed }: Wish,
  { positions, end, patience, wanted = () => true, now = () => performance.now() }: Teaching,
): Promise<Written> {
  const random = new RandomStream(seed, 0, 0x7e11);
  const tokens: number[] = [];
  const written = (finish: Written['finish']): Written => ({ tokens: Uint32Array.from(tokens), finish });
  const started = now();
  let fresh = Uint32Array.from(prompt);
  for (let known = 0; prompt.length + tokens.length < positions; known += fresh.length) {
    if (known > 0) fresh = Uint32Array.from(tokens.slice(-1));
    if (now() - started > patience || !wanted()) return written('time');
    const token = drawn(await next(fresh, known), temperature, random.unit());
    if (token === end) return written('end');
    tokens.push(token);
    await anythingElse();
  }
  return written('length');
}

/** A turn of the event loop: messages that have come are handled. */
function anythingElse(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Of softmax(logits / T); the largest at 0. `unit` is uniform in [0, 1). */
function drawn(logits: Float32Array, temperature: number, unit: number): number {
  let best = 0;
  for (let c = 1; c < logits.length; c++) if ((logits[c] ?? 0) > (logits[best] ?? 0)) best = c;
  if (temperature === 0) return best;
  const weight = (c: number) => Math.exp(((logits[c] ?? 0) - (logits[best] ?? 0)) / temperature);
  let total = 0;
  for (let c = 0; c < logits.length; c++) total += weight(c);
  let left = unit * total;
  for (let c = 0; c < logits.length; c++) {
    left -= weight(c);
    if (left < 0) return c;
  }
  return best;
}

function badPrompt(
  code: string,
  problem: string,
  rest: { readonly got?: string; readonly wanted?: string; readonly remedy: string },
): StillroomError {
  return new StillroomError({ code, problem, ...rest });
}
