/** The engine's worker: wires the conversation to a session. Nothing else lives here. */
import '../trustedTypes.ts';
import type { Command } from '../protocol/commands.ts';
import { Session } from '../training/session.ts';
import { browserHost } from './browserHost.ts';

// The page is the only sender, and both sides are built together.
const early: Command[] = [];
let handle = (command: Command): void => {
  early.push(command);
};
addEventListener('message', (event: MessageEvent<Command>) => handle(event.data));

const session = new Session(await browserHost(), (event) => postMessage(event));
handle = (command) => session.handle(command);
for (const command of early) handle(command);
