/**
 * Opens whoever answers the batches of a race, or questions beside it: its one model, or each of several teachers, as
 * one. How a model answers is the host's affair.
 */
import { answerAll, type RowTeacher } from '../teachers/rowTeacher.ts';
import type { EngineHost, OpenedLiveTeacher } from './engineHost.ts';
import type { TeacherHost } from './prepare.ts';
import type { Race } from './race.ts';
import { meanAnswers } from './severalTeachers.ts';

type Provider = OpenedLiveTeacher['provider'];

/** Errors: those of the models and of ONNX sessions; then none stays open. */
export async function openTeachers(
  race: Race,
  host: Pick<EngineHost, 'openLive'>,
  progress?: (done: number, total: number) => void,
): Promise<OpenedLiveTeacher> {
  const { prepared, trainer } = race;
  if (trainer.spec.teacher.source !== 'several') return host.openLive(await prepared.model(progress), race);
  const opened: OpenedLiveTeacher[] = [];
  try {
    for (const [index, { model, live }] of prepared.members.entries())
      if (live) opened.push(await host.openLive(await model(progress), race, index));
  } catch (error) {
    for (const one of opened) one.dispose();
    throw error;
  }
  return together(opened);
}

/**
 * The teacher for questions about rows that are not the run's: a digit that somebody drew. Of several it is the mean by their
 * weights as they stand. Errors: those of the models and of ONNX sessions; then none stays open.
 */
export async function openAsked(race: Race, host: Pick<TeacherHost, 'openRows'>): Promise<RowTeacher> {
  const { prepared, trainer } = race;
  if (trainer.spec.teacher.source !== 'several') return host.openRows(await prepared.model());
  const opened: RowTeacher[] = [];
  const dispose = () => {
    for (const one of opened) one.dispose();
  };
  try {
    for (const { model } of prepared.members) opened.push(await host.openRows(await model()));
  } catch (error) {
    dispose();
    throw error;
  }
  const { classes } = opened[0] ?? { classes: 0 };
  return {
    classes,
    batch: Math.min(...opened.map(({ batch }) => batch)),
    async answer(inputs, n) {
      const all: Float32Array[] = [];
      for (const one of opened) all.push((await answerAll(one, inputs, n)).logits);
      const { teacher } = trainer.now;
      if (teacher.source !== 'several') throw new RangeError('the teachers of a run are the same to its end');
      const weights = teacher.members.map(({ weight }) => weight);
      return { logits: meanAnswers(all, weights, teacher.combine, classes), hidden: [] };
    },
    dispose,
  };
}

/** One after the other: two runs at a time freeze the runtime. */
function together(all: readonly OpenedLiveTeacher[]): OpenedLiveTeacher {
  return {
    provider: providerOf(all.map(({ provider }) => provider)),
    milliseconds: all.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    async answer(...batch) {
      for (const one of all) await one.answer(...batch);
    },
    dispose() {
      for (const one of all) one.dispose();
    },
  };
}

function providerOf(all: readonly Provider[]): Provider {
  const name = all.every((one) => one.name === 'gpu') ? 'gpu' : 'wasm';
  const reasons = [...new Set(all.map((one) => one.reason))];
  return { name, reason: reasons.join('; ') };
}
