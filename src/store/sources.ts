/** Where the page's runs come from: the engine's worker, and the recordings beside the page. */
import type { Listener } from '../protocol/engine.ts';
import { RecordingPlayer } from '../sharing/player.ts';
import { decodeRecording } from '../sharing/recording.ts';
import { StillroomError } from '../spec/errors.ts';
import type { RecordedRun, Sources } from './liveEngine.ts';
import { WorkerEngine } from './workerEngine.ts';

/** Set by whoever serves the page, in index.html and in its policy; empty where no hub is to be reached. */
const hub = said('stillroom-hub');
/** More where visitors bring larger teachers; what is no number of seconds, or over an hour, leaves the engine's own limit. */
const teacherSeconds = Number(said('stillroom-teacher-seconds'));

export const sources: Sources = {
  assets: document.baseURI,
  ...(hub === '' ? {} : { hub }),
  ...(teacherSeconds > 0 && teacherSeconds <= 3600 ? { teacherSeconds } : {}),
  openLive: (listener) => new WorkerEngine(listener),
  openRecording,
};

async function openRecording(presetId: string): Promise<RecordedRun | null> {
  const recording = decodeRecording(await fetched(`recordings/${presetId}.json`));
  const ready = recording.events.find((event) => event.type === 'ready');
  if (ready === undefined) return null;
  return {
    spec: ready.facts.spec,
    seconds: recording.madeWith.seconds ?? null,
    start: (listener: Listener) => new RecordingPlayer(recording, listener),
  };
}

async function fetched(path: string): Promise<string> {
  try {
    const response = await fetch(new URL(path, document.baseURI));
    if (response.ok) return await response.text();
    throw recordingLost(`${response.status}`);
  } catch (cause) {
    throw cause instanceof StillroomError ? cause : recordingLost('no answer');
  }
}

function recordingLost(got: string): StillroomError {
  return new StillroomError({
    code: 'recording-lost',
    problem: 'The recorded run did not load',
    got,
    remedy: 'Check the connection and try again',
  });
}

/** A file that lies beside the page, or null. */
export async function openAsset(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const response = await fetch(new URL(path, document.baseURI));
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
}

/** What index.html says under this name. */
function said(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}
