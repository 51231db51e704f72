/**
 * Questions that wait for no run, and that no run waits for: what files are and how their teacher
 * expects its inputs, what a hub offers, and what this browser keeps
 * of models and of runs.
 */
import type { Command } from '../protocol/commands.ts';
import type { Reply } from '../protocol/events.ts';
import type { StoredRun, StoredRunsCommand } from '../protocol/storedRuns.ts';
import { parseRunSpec, type RunSpec } from '../spec/runSpec.ts';
import type { RunStores } from './checkpoints/runStores.ts';
import type { EngineHost } from './engineHost.ts';
import { tryScalings } from './scalingTrial.ts';
import { answerHub, type HubCommand, isHubCommand, runFiles } from './teacherFiles.ts';

export type AsideCommand =
  | HubCommand
  | StoredRunsCommand
  | Extract<Command, { type: 'inspect' | 'scalings' }>;

export function isAside(command: Command): command is AsideCommand {
  if (command.type === 'inspect' || command.type === 'scalings') return true;
  return isHubCommand(command) || command.type === 'runs-stored' || command.type === 'runs-delete';
}

/** Errors: those of the hub, of `inspect` and of `tryScalings`. */
export async function answerAside(
  command: AsideCommand,
  host: Pick<EngineHost, 'hub' | 'inspect' | 'runs' | 'data' | 'openRows'>,
  progress: (done: number, total: number) => void,
): Promise<Reply> {
  switch (command.type) {
    case 'inspect':
      return { kind: 'inspection', inspection: await host.inspect(command.files) };
    case 'scalings': {
      const { spec, scalings } = command;
      const { all, teacher } = await runFiles(spec, command.files, host.hub, progress);
      const dataOf = (one: RunSpec) => host.data(one, one.seed, all);
      return { kind: 'scalings', trial: await tryScalings({ spec, teacher, scalings, dataOf }, host) };
    }
    case 'runs-delete':
      await host.runs.remove(command.key);
      return { kind: 'stored-runs', runs: await storedRuns(host.runs) };
    case 'runs-stored':
      return { kind: 'stored-runs', runs: await storedRuns(host.runs) };
    default:
      return answerHub(command, host, progress);
  }
}

async function storedRuns(runs: Pick<RunStores, 'list'>): Promise<readonly StoredRun[]> {
  return (await runs.list()).map(({ key, head }) => {
    const { step, savedAt, bytes } = head;
    return { key, spec: known(head.spec), step, savedAt, bytes };
  });
}

function known(spec: unknown): RunSpec | null {
  try {
    return parseRunSpec(spec);
  } catch {
    return null;
  }
}
