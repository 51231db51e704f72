/**
 * How fast live runs went in this browser, so that the next one's button can say how long it will take: measured from
 * Play to Pause or the end, evaluations included, and kept between visits by what decides the work of a step.
 */
import type { RunSpec } from '../spec/runSpec.ts';
import { repeats } from './repetition.ts';
import { type AppStore, currentRun } from './state.ts';

const memory = 'stillroom.pace';
/** As many kinds of runs. */
const most = 24;
/** A stretch of fewer steps, or of less of the run, says too little. */
const [fewest, leastShare] = [20, 0.1];

type Pace = readonly [kind: string, secondsPerStep: number];

/** Seconds that a run of these settings will take, by the last one of its kind here; null where there was none. */
export function expectedSeconds(spec: RunSpec): number | null {
  const known = kept().find(([kind]) => kind === kindOf(spec));
  return known === undefined ? null : known[1] * spec.training.steps;
}

/** Measures every live run that plays from now on. */
export function keepPace(store: AppStore, now: () => number = () => performance.now()): void {
  let from: { readonly id: string; readonly step: number; readonly at: number } | null = null;
  store.subscribe((state) => {
    const run = currentRun(state);
    const plays = run?.origin === 'live' && run.facts !== null && run.state === 'playing' && !repeats(state);
    if (from !== null && run?.id === from.id && run.facts !== null) {
      const steps = run.step - from.step;
      const { training } = run.spec;
      const enough = steps >= Math.max(fewest, leastShare * training.steps);
      if (enough && (!plays || run.step === training.steps))
        keep(kindOf(run.spec), (now() - from.at) / 1000 / steps);
    }
    if (!plays || run === null) from = null;
    else if (from === null || from.id !== run.id || run.step < from.step)
      from = { id: run.id, step: run.step, at: now() };
  });
}

/** What a step computes, and how often it is judged; not which rows, weights or rates. */
function kindOf({ data, teacher, student, objective, arms, training }: RunSpec): string {
  const terms = ({ terms, hidden }: RunSpec['objective']) => [terms.map(({ id }) => id), hidden];
  const { batch, accumulate, evaluateEvery } = training;
  const parts = [
    [data.task, 'length' in data ? data.length : 0, 'size' in data ? data.size : 0],
    [teacher.source, 'id' in teacher ? teacher.id : '', 'delivery' in teacher ? teacher.delivery : ''],
    student,
    terms(objective),
    arms.map((arm) => [arm.kind, arm.objective === undefined ? 0 : terms(arm.objective)]),
    [batch, accumulate, evaluateEvery],
  ];
  return short(JSON.stringify(parts, inOrder));
}

/** Equal settings are equal texts, in whatever order they were written. */
function inOrder(_: string, value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isPlain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

/** A number of 53 bits from a text, as letters: a collision would only tell a wrong time. */
function short(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 2654435761);
    b = Math.imul(b ^ text.charCodeAt(i), 1597334677);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}

function keep(kind: string, secondsPerStep: number): void {
  const paces: readonly Pace[] = [[kind, secondsPerStep], ...kept().filter(([other]) => other !== kind)];
  try {
    localStorage.setItem(memory, JSON.stringify(paces.slice(0, most)));
  } catch {
    // Without storage nothing is known of the next visit's first run.
  }
}

function kept(): readonly Pace[] {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(memory) ?? '[]');
    return Array.isArray(known) ? known.filter(isPace) : [];
  } catch {
    return [];
  }
}

function isPace(value: unknown): value is Pace {
  return Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number' && value[1] > 0;
}
