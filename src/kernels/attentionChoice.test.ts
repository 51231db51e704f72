// The choice between the forms of attention.
import { expect, test } from 'vitest';
import { attention } from './attention.ts';
import { chooseAttention } from './attentionChoice.ts';
import { attentionRegisters } from './attentionRegisters.ts';

test('a software adapter attends from registers where heads are whole vectors of at most 64', () => {
  expect(chooseAttention(true, { width: 4 }).attention).toBe(attentionRegisters);
  expect(chooseAttention(true, { width: 64 }).attention).toBe(attentionRegisters);
  expect(chooseAttention(true, { width: 66 }).attention).toBe(attention);
  expect(chooseAttention(true, { width: 68 }).attention).toBe(attention);
  expect(chooseAttention(true, { width: 3 }).attention).toBe(attention);
});

test('a GPU attends through workgroup memory', () => {
  expect(chooseAttention(false, { width: 64 }).attention).toBe(attention);
});
