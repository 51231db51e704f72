/**
 * A stochastic grammar of short stories with agreement (number and gender) and memory (a fact told early is asked
 * late). Every choice is told by the very word that is said, so what stands before a word fixes what may follow, and
 * with which probability: the entropy of the source is known exactly. It draws words; it knows no tokens.
 */

export interface Lexicon {
  /** Whether a pronoun for the name is "she" or "he". */
  readonly names: readonly { readonly name: string; readonly pronoun: string }[];
  readonly nouns: readonly { readonly one: string; readonly many: string }[];
  readonly colours: readonly string[];
  /** From one on. */
  readonly numbers: readonly string[];
  readonly verbs: readonly string[];
  readonly states: readonly string[];
}

/** What may be said next. Probabilities add up to 1; no word stands twice. */
export type Choice = readonly { readonly word: string; readonly probability: number }[];

/** One word of a story, and what else could have stood there. */
export interface Said {
  readonly word: string;
  readonly choice: Choice;
}

export const lexicon: Lexicon = {
  names: [
    ...['Ada', 'Eva', 'Mia', 'Zoe'].map((name) => ({ name, pronoun: 'she' })),
    ...['Ben', 'Leo', 'Max', 'Tom'].map((name) => ({ name, pronoun: 'he' })),
  ],
  nouns: [
    { one: 'ball', many: 'balls' },
    { one: 'box', many: 'boxes' },
    { one: 'cat', many: 'cats' },
    { one: 'cup', many: 'cups' },
    { one: 'hat', many: 'hats' },
    { one: 'kite', many: 'kites' },
  ],
  colours: ['red', 'blue', 'green', 'white', 'black'],
  numbers: ['one', 'two', 'three', 'four'],
  verbs: ['likes', 'sees', 'wants'],
  states: ['old', 'new', 'small'],
};

/** Most sentences between the facts and the question. */
const mostEvents = 2;
/** Of going on before the question. */
const another = 0.6;

/** What one person has. */
interface Fact {
  readonly name: string;
  readonly pronoun: string;
  readonly number: string;
  readonly colour: string;
  /** In the form that agrees with the number. */
  readonly noun: string;
  readonly many: boolean;
  readonly plural: string;
}

/** Tells a story, word by word; `draw` is asked for a number from 0 to below 1 at every choice. */
export function tellStory(words: Lexicon, draw: () => number): readonly Said[] {
  const teller = new Teller(draw);
  const first = tellFact(teller, words, null);
  const second = tellFact(teller, words, first);
  const facts = [first, second] as const;
  for (let events = 0; ; events++) {
    const opening = teller.choose(openings(facts, events));
    if (opening === 'the') tellState(teller, words, facts);
    else if (opening === 'who') return askOwner(teller, facts);
    else if (opening === 'what') return askColour(teller, facts);
    else if (opening === 'how') return askNumber(teller, facts);
    else tellEvent(teller, words, facts);
  }
}

/** All words that can be said, each once, in a fixed order. */
export function wordsOf(words: Lexicon): readonly string[] {
  return [
    ...new Set([
      ...['.', '?', 'has', 'the', 'is', 'are', 'who', 'what', 'colour', 'how', 'many'],
      ...words.names.flatMap(({ name }) => [name]),
      ...words.names.map(({ pronoun }) => pronoun),
      ...words.nouns.flatMap(({ one, many }) => [one, many]),
      ...words.colours,
      ...words.numbers,
      ...words.verbs,
      ...words.states,
    ]),
  ];
}

class Teller {
  readonly said: Said[] = [];
  readonly #draw: () => number;

  constructor(draw: () => number) {
    this.#draw = draw;
  }

  /** Says one word of a choice. Words that stand several times are one word. */
  choose(options: Choice): string {
    const merged = new Map<string, number>();
    for (const { word, probability } of options) merged.set(word, (merged.get(word) ?? 0) + probability);
    const choice = Array.from(merged, ([word, probability]) => ({ word, probability }));
    let left = this.#draw();
    const found = choice.find(({ probability }) => {
      left -= probability;
      return left < 0;
    });
    const word = (found ?? choice.at(-1))?.word ?? '';
    this.said.push({ word, choice });
    return word;
  }

  /** One of several, all alike. */
  oneOf(words: readonly string[]): string {
    return this.choose(words.map((word) => ({ word, probability: 1 / words.length })));
  }

  /** What cannot be otherwise. */
  say(text: string): void {
    for (const word of text.split(' ')) this.choose([{ word, probability: 1 }]);
  }
}

/** "Mia has two red balls ." Names and things differ from those of the story's other fact. */
function tellFact(teller: Teller, words: Lexicon, other: Fact | null): Fact {
  const names = words.names.filter(({ name }) => name !== other?.name);
  const name = teller.oneOf(names.map((one) => one.name));
  teller.say('has');
  const number = teller.oneOf(words.numbers);
  const many = number !== words.numbers[0];
  const colour = teller.oneOf(words.colours);
  const nouns = words.nouns.filter((noun) => noun.many !== other?.plural);
  const noun = teller.oneOf(nouns.map((one) => (many ? one.many : one.one)));
  teller.say('.');
  const pronoun = names.find((one) => one.name === name)?.pronoun ?? '';
  const plural = nouns.find((one) => one.one === noun || one.many === noun)?.many ?? '';
  return { name, pronoun, number, colour, noun, many, plural };
}

/** Either person's pronoun, "the", or a question; after the last event only a question. */
function openings(facts: readonly Fact[], events: number): Choice {
  const going = events < mostEvents ? another : 0;
  const questions = ['who', 'what', 'how'].map((word) => ({ word, probability: (1 - going) / 3 }));
  if (going === 0) return questions;
  const pronouns = facts.map(({ pronoun }) => ({ word: pronoun, probability: going / 4 }));
  return [...pronouns, { word: 'the', probability: going / 2 }, ...questions];
}

/** "[she] likes the red balls ." */
function tellEvent(teller: Teller, words: Lexicon, facts: readonly Fact[]): void {
  teller.oneOf(words.verbs);
  teller.say('the');
  teller.oneOf(facts.map(({ noun }) => noun));
  teller.say('.');
}

/** "[the] balls are old ." */
function tellState(teller: Teller, words: Lexicon, facts: readonly Fact[]): void {
  const { many } = factOf(facts, teller.oneOf(facts.map(({ noun }) => noun)));
  teller.say(many ? 'are' : 'is');
  teller.oneOf(words.states);
  teller.say('.');
}

/** "[who] has the balls ? Mia ." */
function askOwner(teller: Teller, facts: readonly Fact[]): readonly Said[] {
  teller.say('has the');
  const { name } = factOf(facts, teller.oneOf(facts.map(({ noun }) => noun)));
  teller.say(`? ${name} .`);
  return teller.said;
}

/** "[what] colour are the balls ? red ." */
function askColour(teller: Teller, facts: readonly Fact[]): readonly Said[] {
  teller.say('colour');
  const verbs = facts.map(({ many }) => (many ? 'are' : 'is'));
  const verb = teller.oneOf(verbs);
  teller.say('the');
  const agreeing = facts.filter((_, i) => verbs[i] === verb);
  const { colour } = factOf(facts, teller.oneOf(agreeing.map(({ noun }) => noun)));
  teller.say(`? ${colour} .`);
  return teller.said;
}

/** "[how] many balls has Mia ? two ." */
function askNumber(teller: Teller, facts: readonly Fact[]): readonly Said[] {
  teller.say('many');
  const plural = teller.oneOf(facts.map((fact) => fact.plural));
  const fact = facts.find((one) => one.plural === plural);
  teller.say(`has ${fact?.name ?? ''} ? ${fact?.number ?? ''} .`);
  return teller.said;
}

function factOf(facts: readonly Fact[], noun: string): Fact {
  const found = facts.find((fact) => fact.noun === noun);
  if (found === undefined) throw new RangeError(`nobody has ${noun}`);
  return found;
}
