import { describe, expect, test } from 'vitest';
import { RandomStream } from '../tensor/random.ts';
import { characterSequence, storyTask, storyVocabulary, wordSequence } from './stories.ts';
import { type Choice, type Lexicon, lexicon, type Said, tellStory, wordsOf } from './storyGrammar.ts';
import { streams } from './task.ts';
import { buildTextDataset } from './textDataset.ts';
import type { Sequence } from './textTask.ts';

/** Small enough that every story can be told. */
const tiny: Lexicon = {
  names: [
    { name: 'Ada', pronoun: 'she' },
    { name: 'Adam', pronoun: 'he' },
  ],
  nouns: [
    { one: 'cat', many: 'cats' },
    { one: 'cup', many: 'cups' },
  ],
  colours: ['red'],
  numbers: ['one', 'two'],
  verbs: ['sees'],
  states: ['old'],
};

/** Every story with its probability: at each choice every word is taken in turn. */
function everyStory(words: Lexicon): { story: readonly Said[]; probability: number }[] {
  const found: { story: readonly Said[]; probability: number }[] = [];
  const visit = (path: readonly number[]): void => {
    let depth = 0;
    let open: Choice | null = null;
    let probability = 1;
    const told: Said[] = [];
    const stop = new Error('a choice that is open');
    try {
      const draws: number[] = [];
      const story = tellStory(words, () => {
        const at = path[depth];
        depth += 1;
        if (at === undefined) throw stop;
        draws.push(at);
        return at;
      });
      told.push(...story);
    } catch (error) {
      if (error !== stop) throw error;
      open = choiceAfter(words, path);
    }
    if (open === null) {
      for (const { word, choice } of told)
        probability *= choice.find((one) => one.word === word)?.probability ?? 0;
      found.push({ story: told, probability });
      return;
    }
    let start = 0;
    for (const { probability: share } of open) {
      visit([...path, start + share / 2]);
      start += share;
    }
  };
  visit([]);
  return found;
}

/** The choice that is open after the draws of `path`. */
function choiceAfter(words: Lexicon, path: readonly number[]): Choice {
  let depth = 0;
  const story = tellStory(words, () => path[depth++] ?? 0.5);
  return story[path.length]?.choice ?? [];
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, x) => total + x, 0);

const whole = everyStory(tiny);

describe('the entropy of the source', () => {
  test('every story of a small lexicon is told once, and their probabilities add up to 1', () => {
    expect(new Set(whole.map(({ story }) => story.map(({ word }) => word).join(' '))).size).toBe(
      whole.length,
    );
    expect(sum(whole.map(({ probability }) => probability))).toBeCloseTo(1, 10);
  });

  for (const [name, sequenceOf] of [
    ['word by word', wordSequence(tiny)],
    ['character by character', characterSequence(tiny)],
  ] as const) {
    test(`${name}: the entropies of the tokens add up to that of whole stories, by enumeration`, () => {
      const ofStories = -sum(whole.map(({ probability: p }) => p * Math.log(p)));
      const ofTokens = sum(
        whole.map(({ story, probability }) => probability * sum(sequenceOf(story).entropy ?? [])),
      );
      expect(ofTokens).toBeCloseTo(ofStories, 8);
    });

    test(`${name}: each token's entropy is that of what follows the same beginning, by enumeration`, () => {
      let unequal = 0;
      const next = new Map<string, { entropy: number; following: Map<number, number> }>();
      for (const { story, probability } of whole) {
        const { tokens, entropy } = sequenceOf(story);
        tokens.forEach((token, i) => {
          const key = tokens.slice(0, i).join();
          const known = next.get(key) ?? { entropy: entropy?.[i] ?? 0, following: new Map<number, number>() };
          if (entropy?.[i] !== known.entropy) unequal += 1;
          known.following.set(token, (known.following.get(token) ?? 0) + probability);
          next.set(key, known);
        });
      }
      expect(unequal).toBe(0);
      let farthest = 0;
      for (const { entropy, following } of next.values()) {
        const total = sum(following.values());
        const found = -sum([...following.values()].map((p) => (p / total) * Math.log(p / total)));
        farthest = Math.max(farthest, Math.abs(found - entropy));
      }
      expect(next.size).toBeGreaterThan(1_000);
      expect(farthest).toBeLessThan(1e-8);
    });
  }

  test('of the whole lexicon agrees with the surprise of 4,000 stories', () => {
    const random = new RandomStream(5, 0, 0);
    const differences = Array.from({ length: 4_000 }, () => {
      const story = tellStory(lexicon, () => random.unit());
      const surprise = story.map(
        ({ word, choice }) => -Math.log(choice.find((one) => one.word === word)?.probability ?? 0),
      );
      return sum(surprise) - sum(wordSequence(lexicon)(story).entropy ?? []);
    });
    const mean = sum(differences) / differences.length;
    const deviation = Math.sqrt(sum(differences.map((x) => (x - mean) ** 2)) / differences.length);
    expect(Math.abs(mean)).toBeLessThan((3 * deviation) / Math.sqrt(differences.length));
    expect(deviation).toBeGreaterThan(0);
  });
});

describe('stories', () => {
  const task = storyTask('word', 32);
  const text = (sequence: Sequence) =>
    sequence.tokens.map((token) => task.vocabulary.pieces[token] ?? '').join('');

  test('agree in number and gender, and answer what was told', () => {
    for (let index = 0; index < 300; index++) {
      const told = text(task.sequence(1, streams.transfer, index));
      const facts = [...told.matchAll(/(\w+) has (one|two|three|four) (\w+) (\w+) \./g)].map((one) =>
        one.slice(1),
      );
      expect(facts.length).toBe(2);
      for (const [, number = '', , noun = ''] of facts)
        expect(lexicon.nouns.some(({ one, many }) => noun === (number === 'one' ? one : many))).toBe(true);
      const owner = /who has the (\w+) \? (\w+) \./.exec(told);
      if (owner !== null) expect(facts.find((fact) => fact[3] === owner[1])?.[0]).toBe(owner[2]);
      const colour = /what colour (is|are) the (\w+) \? (\w+) \./.exec(told);
      if (colour !== null) expect(facts.find((fact) => fact[3] === colour[2])?.[2]).toBe(colour[3]);
      const count = /how many \w+ has (\w+) \? (\w+) \./.exec(told);
      if (count !== null) expect(facts.find((fact) => fact[0] === count[1])?.[1]).toBe(count[2]);
      expect([owner, colour, count].filter((one) => one !== null).length).toBe(1);
      for (const [, pronoun] of told.matchAll(/\b(she|he)\b/g))
        expect(
          facts.some(([name]) => lexicon.names.some((one) => one.name === name && one.pronoun === pronoun)),
        ).toBe(true);
    }
  });

  test('are the same for the same seed and index, in any order', () => {
    const forth = [0, 1, 2].map((index) => text(task.sequence(7, 3, index)));
    const back = [2, 1, 0].map((index) => text(task.sequence(7, 3, index)));
    expect(back.reverse()).toEqual(forth);
    expect(new Set(forth).size).toBe(3);
  });

  test('fit whole into 32 words, and the splits of the presets share none', () => {
    const options = { dataSeed: 1, seed: 1, transfer: 4_000, validation: 256, test: 1_000 };
    const dataset = buildTextDataset(task, { ...options, labelled: 'all' });
    const rows = [dataset.transfer, dataset.validation, dataset.test].flatMap(({ n, trueLabels }) =>
      Array.from({ length: n }, (_, i) => trueLabels.slice(32 * i, 32 * i + 32)),
    );
    expect(rows.every((row) => row.includes(task.vocabulary.end ?? 0))).toBe(true);
    expect(new Set(rows.map((row) => row.join())).size).toBe(rows.length);
  });

  test('every word of the grammar has a token, and every token a length in characters', () => {
    for (const tokenizer of ['word', 'character'] as const) {
      const { pieces, characters } = storyVocabulary(lexicon, tokenizer);
      expect(new Set(pieces).size).toBe(pieces.length);
      expect(characters.length).toBe(pieces.length);
    }
    expect(storyVocabulary(lexicon, 'word').pieces.length).toBe(wordsOf(lexicon).length + 2);
  });
});
