/**
 * Stories: texts of the grammar as tokens, word by word or character by character, with the exact entropy of each
 * token given those before it. The grammar itself is in storyGrammar.ts.
 */
import { RandomStream } from '../tensor/random.ts';
import { type Choice, type Lexicon, lexicon, type Said, tellStory, wordsOf } from './storyGrammar.ts';
import type { Sequence, TextTask, Vocabulary } from './textTask.ts';

export type StoryTokenizer = 'word' | 'character';

const [begin, end] = [0, 1];

/** `length` tokens a sample. */
export function storyTask(tokenizer: StoryTokenizer, length: number): TextTask {
  const tell = tokenizer === 'word' ? wordSequence(lexicon) : characterSequence(lexicon);
  return {
    id: `stories-${tokenizer}-${length}`,
    title: 'Stories',
    positions: length,
    vocabulary: storyVocabulary(lexicon, tokenizer),
    sequence(seed, stream, index) {
      const random = new RandomStream(seed, index, stream);
      return tell(tellStory(lexicon, () => random.unit()));
    },
  };
}

/** Marks of beginning and end, then the words, or the characters, in a fixed order. */
export function storyVocabulary(words: Lexicon, tokenizer: StoryTokenizer): Vocabulary {
  const known = wordsOf(words);
  const pieces = tokenizer === 'word' ? known.map((word) => `${word} `) : charactersOf(known);
  const ids = new Map(pieces.map((piece, i) => [piece, i + 2]));
  return {
    pieces: ['⊢', '⊣', ...pieces],
    characters: Uint8Array.of(0, 0, ...pieces.map((piece) => piece.length)),
    begin,
    end,
    encode: (text) => spelled(text, tokenizer).map((piece) => ids.get(piece) ?? null),
  };
}

/** Its pieces; a word has a space after it. */
function spelled(text: string, tokenizer: StoryTokenizer): readonly string[] {
  if (tokenizer === 'character') return [...text];
  return text.split(/\s+/).flatMap((word) => (word === '' ? [] : [`${word} `]));
}

/** A token a word: its entropy is that of the choice. */
export function wordSequence(words: Lexicon): (story: readonly Said[]) => Sequence {
  const ids = new Map(wordsOf(words).map((word, i) => [word, i + 2]));
  return (story) => ({
    tokens: [...story.map(({ word }) => ids.get(word) ?? begin), end],
    entropy: [...story.map(({ choice }) => entropyOf(choice.map(({ probability }) => probability))), 0],
  });
}

/**
 * A token a character, and a space after every word. While a word is spelt, the words that begin as it does are still
 * possible; the entropy of a character is that of the next one among them.
 */
export function characterSequence(words: Lexicon): (story: readonly Said[]) => Sequence {
  const ids = new Map(charactersOf(wordsOf(words)).map((character, i) => [character, i + 2]));
  return (story) => {
    const tokens: number[] = [];
    const entropy: number[] = [];
    for (const { word, choice } of story) {
      for (const [character, nats] of spelt(`${word} `, choice)) {
        tokens.push(ids.get(character) ?? begin);
        entropy.push(nats);
      }
    }
    return { tokens: [...tokens, end], entropy: [...entropy, 0] };
  };
}

/** Each character of a word with the entropy of its place. */
function spelt(word: string, choice: Choice): readonly (readonly [string, number])[] {
  return Array.from(word, (character, place) => {
    const possible = choice.filter((one) => one.word.startsWith(word.slice(0, place)));
    const total = possible.reduce((sum, { probability }) => sum + probability, 0);
    const next = new Map<string, number>();
    for (const one of possible) {
      const letter = one.word[place] ?? ' ';
      next.set(letter, (next.get(letter) ?? 0) + one.probability / total);
    }
    return [character, entropyOf([...next.values()])] as const;
  });
}

function entropyOf(probabilities: readonly number[]): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

function charactersOf(words: readonly string[]): readonly string[] {
  return [...new Set([' ', ...words.join('')])].sort();
}
