/** A browser's address, history and storage for tests of visits. Nothing that ships imports it. */
import { vi } from 'vitest';
import { settled } from './fakePage.ts';

export const home = 'https://example.org/';

/** As much of a browser as a visit needs. */
export class FakeWindow {
  readonly stored = new Map<string, string>();
  readonly listeners: (() => void)[] = [];
  hash = '';
  now = 0;

  install(): void {
    const page = this;
    vi.stubGlobal('location', {
      get hash() {
        return page.hash;
      },
      get href() {
        return home + page.hash;
      },
    });
    vi.stubGlobal('history', {
      replaceState: (_: unknown, __: string, address: string) => {
        this.hash = new URL(address).hash;
      },
    });
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => this.stored.get(key) ?? null,
      setItem: (key: string, value: string) => void this.stored.set(key, value),
      removeItem: (key: string) => void this.stored.delete(key),
    });
    vi.stubGlobal('window', { top: null, self: null });
    vi.stubGlobal('addEventListener', (_: string, listener: () => void) => this.listeners.push(listener));
    vi.spyOn(performance, 'now').mockImplementation(() => this.now);
  }

  async follow(fragment: string): Promise<void> {
    this.hash = fragment;
    for (const listener of this.listeners) listener();
    await settled();
  }
}
