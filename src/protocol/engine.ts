/** Whoever keeps the conversation: an engine in a worker, or a recording. The page knows no more of either. */
import type { Command } from './commands.ts';
import type { EngineEvent } from './events.ts';

export interface Engine {
  send(command: Command): void;
  /** Ends the conversation and frees everything. */
  close(): void;
}

export type Listener = (event: EngineEvent) => void;
