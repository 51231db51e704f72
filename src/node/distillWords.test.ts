// What the command line prints of a run: a teacher that there is none of is not spoken of.
import { expect, test } from 'vitest';
import { languageWords, measureWords } from './distillWords.ts';

const language = {
  ...{ tokens: 10, loss: 2, validationLoss: 2, perplexity: Math.exp(2), bitsPerCharacter: 2.885 },
  ...{ teacherLoss: 4.19, floor: null, texts: [] },
};
const measures = { accuracy: 0.5, agreement: 0.01, divergence: 1.5 };

test('beside a teacher a run has its loss, agreement and divergence', () => {
  expect(languageWords(language, true)).toMatch(
    /^loss 2\.0000 nats a token \(teacher 4\.1900\), perplexity 7\.39/,
  );
  expect(measureWords(measures, true)).toBe('accuracy 50.00 %  agreement 1.00 %  divergence 1.5000');
});

test('without one it has neither, nor the loss of an even guess', () => {
  expect(languageWords(language, false)).toMatch(/^loss 2\.0000 nats a token, perplexity 7\.39/);
  expect(measureWords(measures, false)).toBe('accuracy 50.00 %');
});
