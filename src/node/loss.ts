/** `npm run loss`: a loss and its gradient on logits of one's own, from the float64 reference and from the GPU. */
import { numbersOf, ReferenceExecutor } from '../cpu/referenceExecutor.ts';
import { openNodeExecutor, releaseNodeGpu } from '../gpu/node.ts';
import { isShifted, translate, usualTemperature } from '../losses/conventions.ts';
import { reportText } from '../losses/reportText.ts';
import type { CheckedLoss } from '../protocol/checks.ts';
import { termLoss, termLossIds } from '../spec/terms.ts';
import { answerLoss, type LossAsked, type LossBatch } from '../training/lossAnswer.ts';
import { checkLosses } from '../training/lossChecks.ts';
import { program, textOf } from './commandLine.ts';
import { type LossQuestion, type LossRows, lossUsage, readLossOptions, readLossRows } from './lossOptions.ts';

await program(async () => {
  const request = readLossOptions(process.argv.slice(2));
  if (request.kind === 'help') console.log(lossUsage);
  else if (request.kind === 'list') console.log(termLossIds.map(listed).join('\n'));
  else if (request.kind === 'check') await check(request.loss);
  else await answer(request.question, readLossRows(await input()));
});

/** Standard input; somebody who typed the command alone is told what it waits for. */
function input(): Promise<string> {
  if (process.stdin.isTTY)
    console.error('Rows are read from standard input: … < rows.json. --help says how.');
  return textOf(process.stdin);
}

/** The checks of the page, on the GPU that is found. */
async function check(loss: CheckedLoss): Promise<void> {
  const executor = await openNodeExecutor();
  try {
    const reports = await checkLosses(executor, [loss], () => undefined);
    process.stdout.write(reportText(reports, executor.adapter.name));
    if (reports.some(({ lines }) => lines.some(({ verdict }) => verdict === 'fail'))) process.exitCode = 1;
  } finally {
    executor.dispose();
    releaseNodeGpu();
  }
}

async function answer(question: LossQuestion, rows: LossRows): Promise<void> {
  const { asked, ignoresMask, notes } = resolved(question);
  for (const note of notes) console.error(note);
  const moves = question.toolkit === null || isShifted(question.id, question.toolkit);
  if (question.causal && !moves) console.error('--causal moves nothing: each row keeps its own mask there.');
  const shifted = question.causal && moves ? causal(rows) : rows;
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
  const { id, scaleByT2, parameters, formula, values, toolkit } = question;
  const own = formula === null ? {} : { formula, values };
  if (toolkit === null) {
    const terms = [{ id, weight: 1, ...own, ...parameters }];
    const temperature = question.temperature ?? 1;
    return { asked: { terms, temperature, scaleByT2 }, ignoresMask: false, notes: [] };
  }
  const usual = question.temperature === null ? usualTemperature(id, toolkit) : null;
  const temperature = question.temperature ?? usual ?? 1;
  const theirs = translate({ id, temperature, scaleByT2, parameters }, toolkit);
  const terms = theirs.parts.map((part) => ({
    id: part.id,
    weight: part.weight,
    ...own,
    ...part.parameters,
  }));
  const told = usual === null ? [] : [`T is ${usual}, as in ${toolkit.title} where none is given.`];
  return {
    asked: { terms, temperature: theirs.temperature, scaleByT2: theirs.scaleByT2 },
    ignoresMask: theirs.ignoresMask,
    notes: [...theirs.notes, ...told],
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
