/** `npm run loss`: a loss and its gradient on logits of one's own, from the float64 reference and from the GPU. */
import { readFileSync } from 'node:fs';
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { translate } from '../losses/conventions.ts';
import { detailOf, sentence } from '../spec/errors.ts';
import { termLoss, termLossIds } from '../spec/terms.ts';
import { answerLoss, type LossAsked, type LossBatch } from '../training/lossAnswer.ts';
import { type LossQuestion, type LossRows, lossUsage, readLossOptions, readLossRows } from './lossOptions.ts';

try {
  const request = readLossOptions(process.argv.slice(2));
  if (request.kind === 'help') console.log(lossUsage);
  else if (request.kind === 'list') console.log(termLossIds.map(listed).join('\n'));
  else await answer(request.question, readLossRows(readFileSync(0, 'utf8')));
} catch (error) {
  console.error(sentence(detailOf(error)));
  process.exitCode = 1;
}

async function answer(question: LossQuestion, rows: LossRows): Promise<void> {
  const { asked, ignoresMask, notes } = resolved(question);
  for (const note of notes) console.error(note);
  const shifted = question.causal ? causal(rows) : rows;
  const batch: LossBatch = ignoresMask ? { ...shifted, mask: shifted.mask.map(() => true) } : shifted;
  const reference = await answerLoss(new ReferenceExecutor('float64'), asked, batch, numbersOf);
  const executor = await openNodeExecutor();
  try {
    console.error(`GPU: ${executor.adapter.name}.`);
    const gpu = await answerLoss(executor, asked, batch);
    console.log(JSON.stringify({ reference, gpu }));
  } finally {
    executor.dispose();
    releaseNodeGpu();
  }
}

/** What is computed, under the toolkit's rules where one was named. */
function resolved(question: LossQuestion): {
  asked: LossAsked;
  ignoresMask: boolean;
  notes: readonly string[];
} {
  const { id, temperature, scaleByT2, parameters, formula, values, toolkit } = question;
  if (toolkit === null || formula !== null) {
    const term = formula === null ? { id, weight: 1, ...parameters } : { id, weight: 1, formula, values };
    return { asked: { terms: [term], temperature, scaleByT2 }, ignoresMask: false, notes: [] };
  }
  const theirs = translate({ id, temperature, scaleByT2, parameters }, toolkit);
  const terms = theirs.parts.map((part) => ({ id: part.id, weight: part.weight, ...part.parameters }));
  return {
    asked: { terms, temperature: theirs.temperature, scaleByT2: theirs.scaleByT2 },
    ignoresMask: theirs.ignoresMask,
    notes: theirs.notes,
  };
}

/** Row t is held against label and mask of row t + 1; the last row has none. */
function causal(rows: LossRows): LossRows {
  return { ...rows, labels: [...rows.labels.slice(1), -1], mask: [...rows.mask.slice(1), false] };
}

function listed(id: string): string {
  const parameters = termLoss(id)?.parameters ?? [];
  const words = parameters.map(
    ({ name, min, max, default: standard }) => `--${name} ${min}…${max} (${standard})`,
  );
  return `${id.padEnd(26)} ${words.join('  ')}`.trimEnd();
}
