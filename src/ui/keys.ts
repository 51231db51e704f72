/**
 * The shortcuts: Space, `.`, R, G, S, F, ?. Off inside inputs, inside dialogs and by preference; Space belongs to a
 * focused control, whatever it is.
 */
import type { Controller } from '../store/controller.ts';
import { repeats } from '../store/repetition.ts';
import { type AppStore, currentRun, runState } from '../store/state.ts';

/** Returns the way to stop listening. */
export function listenToKeys(store: AppStore, controller: Controller): () => void {
  const listener = (event: KeyboardEvent) => {
    const state = store.getState();
    if (!state.shortcuts || state.dialog !== null) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
    if (event.key === ' ' && isControl(event.target)) return;
    if (obey(event.key, store, controller)) event.preventDefault();
  };
  document.addEventListener('keydown', listener);
  return () => document.removeEventListener('keydown', listener);
}

function obey(key: string, store: AppStore, controller: Controller): boolean {
  const state = store.getState();
  switch (key) {
    case ' ':
      if (runState(state) === 'playing' || repeats(state)) controller.pause();
      else void controller.play();
      return true;
    case '.':
      controller.step();
      return true;
    case 'r':
    case 'R':
      controller.rewind();
      return true;
    case 'g':
    case 'G':
      toggleGhost(store, controller);
      return true;
    case 's':
    case 'S':
      store.setState({ dialog: 'share' });
      return true;
    case 'f':
    case 'F':
      store.setState({ presenting: !state.presenting });
      return true;
    case '?':
      store.setState({ dialog: 'help' });
      return true;
    case 'Escape':
      if (!state.presenting) return false;
      store.setState({ presenting: false });
      return true;
    default:
      return false;
  }
}

/** Shows or hides the newest other run under this one. */
function toggleGhost(store: AppStore, controller: Controller): void {
  const state = store.getState();
  const current = currentRun(state);
  const other = state.runs.filter((run) => run.id !== current?.id).at(-1);
  if (other !== undefined) controller.mark(other.id, { compared: !other.compared });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement && !['range', 'checkbox', 'radio', 'button'].includes(target.type)
  );
}

function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('button, summary, a, input, select, textarea, [role="slider"]') !== null
  );
}
