/**
 * Files dropped anywhere on the page: they are read and wait in the state for the dialog that makes a run of them. Without
 * this a browser leaves the page, and the run in it, for the file.
 */
import type { ErrorDetail } from '../spec/errors.ts';
import { keepsOwnFilesOut } from '../store/lesson.ts';
import { type AppStore, notify } from '../store/state.ts';

/** Returns the way to stop listening. */
export function listenToDrops(store: AppStore): () => void {
  const over = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (!keepsOwnFilesOut(store.getState())) document.documentElement.dataset['drop'] = 'true';
  };
  const leave = (event: DragEvent) => {
    // Left the window, not only one element for another.
    if (event.relatedTarget === null) delete document.documentElement.dataset['drop'];
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    delete document.documentElement.dataset['drop'];
    if (keepsOwnFilesOut(store.getState())) notify(store, { kind: 'error', detail: keptOut });
    else void give(store, event.dataTransfer.files);
  };
  window.addEventListener('dragover', over);
  window.addEventListener('dragleave', leave);
  window.addEventListener('drop', drop);
  return () => {
    window.removeEventListener('dragover', over);
    window.removeEventListener('dragleave', leave);
    window.removeEventListener('drop', drop);
  };
}

/** Opens the dialog with these files beside those that wait there already; one of the same name is replaced. */
export async function give(store: AppStore, files: FileList): Promise<void> {
  const names = Array.from(files, ({ name }) => name);
  // Read at once: the list of a file input is emptied when it is used again.
  const coming = Promise.all(
    Array.from(files, async (file) => ({
      name: file.name,
      bytes: new Uint8Array(await file.arrayBuffer()),
    })),
  );
  store.setState({ dialog: 'bring' });
  try {
    const read = await coming;
    store.setState(({ given }) => ({
      given: [...given.filter(({ name }) => !names.includes(name)), ...read],
    }));
  } catch {
    // A folder, or a file that went away between the drop and the reading.
    const detail: ErrorDetail = {
      code: 'file-unreadable',
      problem: 'What was dropped cannot be read',
      got: names.join(', '),
      wanted: 'files',
      remedy: 'Drop the files themselves, not their folder',
    };
    store.setState({ dialog: null });
    notify(store, { kind: 'error', detail });
  }
}

const keptOut: ErrorDetail = {
  code: 'lesson-locked',
  problem: 'This lesson keeps its own teacher and data',
  got: 'files that would take their place',
  remedy: 'Choose “Show everything” first to bring your own',
};

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}
