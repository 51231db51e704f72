/**
 * Opens whoever answers the batches of a race: its one model, or each of several teachers that is asked in the middle of the
 * run, as one. How a model answers is the host's affair.
 */
import type { EngineHost, OpenedLiveTeacher } from './engineHost.ts';
import type { Race } from './race.ts';

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
    for (const { index, model } of prepared.members)
      opened.push(await host.openLive(await model(progress), race, index));
  } catch (error) {
    for (const one of opened) one.dispose();
    throw error;
  }
  return together(opened);
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
