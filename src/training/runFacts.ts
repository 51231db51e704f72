/** What a run is, once it is prepared, as the page is told. */
import type { Split } from '../data/task.ts';
import type { Adapter, RunFacts, TeacherFacts } from '../protocol/events.ts';
import type { Race } from './race.ts';

/** Points drawn under a boundary: all that are labelled, and as many others as still let it be seen. */
const mostPoints = 600;

export function runFacts(race: Race, adapter: Adapter, teacher: TeacherFacts): RunFacts {
  const { dataset, probes, task } = race.prepared;
  const { transfer } = dataset;
  const points = task !== null && 'extent' in task ? drawnPoints(transfer) : [];
  return {
    spec: race.trainer.spec,
    adapter,
    inputShape: dataset.inputShape,
    ...(dataset.positions === 1 ? {} : { positions: dataset.positions }),
    classNames: dataset.classNames,
    fingerprint: dataset.fingerprint,
    teacher,
    student: race.student,
    arms: race.armFacts,
    memory: race.executor.live.bytes,
    dispatches: race.trainer.dispatches,
    probes,
    points: Float32Array.from(
      points.flatMap((row) => [transfer.inputs[2 * row] ?? 0, transfer.inputs[2 * row + 1] ?? 0]),
    ),
    pointLabels: Uint32Array.from(points, (row) => transfer.trueLabels[row] ?? 0),
    pointLabelled: Uint8Array.from(points, (row) => transfer.labelled[row] ?? 0),
    testLabels: dataset.test.trueLabels,
  };
}

function drawnPoints({ n, labelled }: Split): readonly number[] {
  const rows = Array.from({ length: n }, (_, row) => row);
  const given = rows.filter((row) => labelled[row] === 1);
  if (given.length >= mostPoints) return given.slice(0, mostPoints);
  return [...rows.filter((row) => labelled[row] !== 1).slice(0, mostPoints - given.length), ...given];
}
