/**
 * The files of a run's teacher, the model first: of those that were given, or of the hub's model that the specification
 * names, which is downloaded where it is not here. It opens none of them.
 */
import type { Command, GivenFile } from '../protocol/commands.ts';
import type { FileInspection, Reply } from '../protocol/events.ts';
import type { HubModel, HubOffer, StoredModel } from '../protocol/hub.ts';
import { limits } from '../spec/limits.ts';
import { isText, type RunSpec } from '../spec/runSpec.ts';
import { sortFiles } from './inspectFiles.ts';

/** The hub that a host reaches, with what it keeps of it. */
export interface HubHost {
  /** Errors: those of `ModelCache.offer`. */
  offer(address: string): Promise<HubOffer>;
  /** Errors: those of `ModelCache.files`. */
  files(model: HubModel, progress: (done: number, total: number) => void): Promise<readonly GivenFile[]>;
  stored(): Promise<readonly StoredModel[]>;
  remove(key: string): Promise<void>;
}

export interface RunFiles {
  /** All that the run has: the user's, and what belongs to its teacher. */
  readonly all: readonly GivenFile[];
  /** The model, then what may belong to it; empty where the teacher is the page's own. */
  readonly teacher: readonly GivenFile[];
}

/** Errors: those of the hub, of the readers, and `teacher-twice`. */
export async function runFiles(
  { teacher, data }: RunSpec,
  given: readonly GivenFile[],
  hub: HubHost,
  progress: (done: number, total: number) => void,
): Promise<RunFiles> {
  switch (teacher.source) {
    case 'builtin':
    case 'none':
    case 'average':
      return { all: given, teacher: [] };
    case 'several': {
      const all = given.filter((file) => !file.name.endsWith('.onnx'));
      const models = given.filter((file) => !all.includes(file));
      const beside = isText(data) ? all : sortFiles(given, limits.members.max).external;
      return { all, teacher: [...models, ...beside] };
    }
    case 'hub': {
      const { repository, revision, model } = teacher;
      const files = await hub.files({ repository, revision, model }, progress);
      return { all: [...given, ...files], teacher: files };
    }
    case 'file': {
      const { model, external } = isText(data) ? apart(given) : sortFiles(given);
      return { all: given, teacher: model === null ? [] : [model, ...external] };
    }
  }
}

/** Beside texts only names tell a model from its data. */
function apart(given: readonly GivenFile[]) {
  const model = given.find(({ name }) => name.endsWith('.onnx')) ?? null;
  return { model, external: given.filter((file) => file !== model) };
}

export type HubCommand = Extract<Command, { type: `hub-${string}` }>;

export function isHubCommand(command: Command): command is HubCommand {
  return command.type.startsWith('hub-');
}

interface HubAnswerer {
  readonly hub: HubHost;
  inspect(files: readonly GivenFile[]): Promise<FileInspection>;
}

/** Errors: those of the hub and of `inspect`. */
export async function answerHub(
  command: HubCommand,
  { hub, inspect }: HubAnswerer,
  progress: (done: number, total: number) => void,
): Promise<Reply> {
  switch (command.type) {
    case 'hub-offer':
      return { kind: 'offer', offer: await hub.offer(command.address) };
    case 'hub-download': {
      const files = await hub.files(command.model, progress);
      return { kind: 'inspection', inspection: await inspect([...command.files, ...files]) };
    }
    case 'hub-stored':
      return { kind: 'stored', models: await hub.stored() };
    case 'hub-delete':
      await hub.remove(command.key);
      return { kind: 'stored', models: await hub.stored() };
  }
}
