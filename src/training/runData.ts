/** The data of a run on a host, with what a specification cannot draw by itself: texts that its teacher wrote. */
import { datasetFromSpec } from '../data/fromSpec.ts';
import type { UserText } from '../data/textFileDataset.ts';
import type { UserData } from '../data/userFiles.ts';
import { StillroomError } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import { checkHash } from '../teachers/card.ts';
import { cardOf, type DatasetOfRun, type TeacherHost } from './prepare.ts';
import { decodeTexts } from './writtenTexts.ts';

/** Errors: those of data, cards and assets; `data-written` where the teacher has written nothing. */
export async function runData(
  spec: RunSpec,
  seed: number,
  host: Pick<TeacherHost, 'asset'>,
  files?: UserData | UserText,
): Promise<DatasetOfRun> {
  const { data, teacher } = spec;
  if (data.task !== 'stories' || !data.written) return datasetFromSpec(spec, seed, files);
  const card = teacher.source === 'builtin' ? await cardOf(teacher.id, host) : null;
  const written = card?.written;
  if (written === undefined) throw nothingWritten();
  const path = `teachers/${written.path}`;
  const bytes = await host.asset(path);
  await checkHash(path, bytes, written.sha256);
  return datasetFromSpec(spec, seed, (vocabulary) => decodeTexts(bytes, data.length, vocabulary));
}

function nothingWritten(): StillroomError {
  return new StillroomError({
    code: 'data-written',
    problem: 'This teacher has written no texts to learn from',
    wanted: 'a built-in teacher of Stories',
    remedy: 'Choose the built-in teacher, or learn from the texts of the source',
    control: 'data.written',
  });
}
