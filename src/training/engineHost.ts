/** What a session needs of the place it runs in: a worker of a page, or Node. Types only. */
import type { ExecutorChoice, GivenFile } from '../protocol/commands.ts';
import type { FileInspection, TeacherFacts } from '../protocol/events.ts';
import type { ErrorDetail } from '../spec/errors.ts';
import type { RunSpec } from '../spec/runSpec.ts';
import type { NextToken, RowTeacher } from '../teachers/rowTeacher.ts';
import type { Executor } from '../tensor/executor.ts';
import type { RunStores } from './checkpoints/runStores.ts';
import type { DatasetOfRun, TeacherHost, TeacherModel } from './prepare.ts';
import type { Race } from './race.ts';
import type { HubHost } from './teacherFiles.ts';
import type { LiveTeacher } from './turns.ts';

/** A teacher that answers each batch, opened for one trainer. */
export interface OpenedLiveTeacher extends LiveTeacher {
  readonly provider: NonNullable<TeacherFacts['provider']>;
  readonly milliseconds: number;
  /** The session as one that answers any rows, where it can: then no other is opened for those. */
  readonly rows?: RowTeacher;
  /** Where the model is one of language that reads a text on. */
  readonly next?: NextToken | undefined;
  dispose(): void;
}

export interface EngineHost extends TeacherHost {
  /** The best executor there is, with the reason where it is not a GPU. */
  openExecutor(choice: ExecutorChoice): Promise<{ executor: Executor; missing: ErrorDetail | null }>;
  /** `member`: which of several teachers it is. Errors: those of ONNX sessions. */
  openLive(model: TeacherModel, race: Race, member?: number): Promise<OpenedLiveTeacher>;
  data(spec: RunSpec, seed: number, files: readonly GivenFile[]): Promise<DatasetOfRun>;
  inspect(files: readonly GivenFile[]): Promise<FileInspection>;
  /** Where the page's files lie, which is the base of `asset`, the hub, and the limit of one run of a teacher. */
  surround(by: { readonly assets: string; readonly hub?: string; readonly teacherSeconds?: number }): void;
  readonly hub: HubHost;
  /** Checkpoints of the last runs. */
  readonly runs: Pick<RunStores, 'of' | 'list' | 'remove'>;
  readonly versions: Readonly<Record<string, string>>;
}
