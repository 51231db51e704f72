/** A browser's address, history and storage for tests of visits. Nothing that ships imports it. */
import { afterEach, beforeEach, vi } from 'vitest';
import { type FakePage, fakePage, settled } from './fakePage.ts';
import { beginVisit } from './visit.ts';

export const home = 'https://example.org/';

interface Entry {
  readonly hash: string;
  readonly state: unknown;
}

/** As new in each test of the file that calls it. */
export function fakeWindow(): FakeWindow {
  const browser = new FakeWindow();
  beforeEach(() => browser.install());
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
  return browser;
}

/** As much of a browser as a visit needs. */
class FakeWindow {
  readonly stored = new Map<string, string>();
  readonly listeners: ((event: { state: unknown }) => void)[] = [];
  readonly entries: Entry[] = [{ hash: '', state: null }];
  at = 0;
  now = 0;
  /** As a browser does that was asked too often. */
  refuses = false;

  get hash(): string {
    return this.entries[this.at]?.hash ?? '';
  }

  set hash(hash: string) {
    this.#replace(hash, null);
  }

  install(): void {
    const page = this;
    this.stored.clear();
    this.listeners.length = 0;
    this.entries.splice(0, Number.POSITIVE_INFINITY, { hash: '', state: null });
    [this.at, this.now, this.refuses] = [0, 0, false];
    vi.stubGlobal('location', {
      get hash() {
        return page.hash;
      },
      get href() {
        return home + page.hash;
      },
    });
    vi.stubGlobal('history', {
      replaceState: (state: unknown, _: string, address: string) =>
        this.#replace(new URL(address).hash, state),
      pushState: (state: unknown, _: string, address: string) => this.#push(new URL(address).hash, state),
    });
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => this.stored.get(key) ?? null,
      setItem: (key: string, value: string) => void this.stored.set(key, value),
      removeItem: (key: string) => void this.stored.delete(key),
    });
    vi.stubGlobal('window', { top: null, self: null });
    vi.stubGlobal('addEventListener', (type: string, listener: (event: { state: unknown }) => void) => {
      if (type === 'popstate') this.listeners.push(listener);
    });
    vi.spyOn(performance, 'now').mockImplementation(() => this.now);
  }

  /** The page at an address, its visit begun. */
  async open(fragment: string, page = fakePage()): Promise<FakePage> {
    this.hash = fragment;
    await beginVisit(page.store, page.controller);
    await settled();
    return page;
  }

  /** A link that is typed or pressed. */
  async follow(fragment: string): Promise<void> {
    this.#push(fragment, null);
    await this.go(0);
  }

  /** Back, where it is below 0, and forward. */
  async go(by: number): Promise<void> {
    this.at += by;
    for (const listener of this.listeners) listener({ state: this.entries[this.at]?.state });
    await settled();
  }

  #push(hash: string, state: unknown): void {
    if (this.refuses) throw new Error('SecurityError');
    this.entries.splice(this.at + 1, Number.POSITIVE_INFINITY, { hash, state });
    this.at += 1;
  }

  #replace(hash: string, state: unknown): void {
    if (this.refuses) throw new Error('SecurityError');
    this.entries[this.at] = { hash, state };
  }
}
