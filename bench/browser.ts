/**
 * The part of the bench that needs a browser, since onnxruntime-web runs on WebGPU in browsers alone: builds its page, serves it
 * to this machine, opens it in Chromium, and drives it turn by turn. Nothing of it is in what ships.
 */
import { type CDPSession, chromium, type Page } from '@playwright/test';
import { build, preview } from 'vite';
import { CHROMIUM_FLAGS, findChromium } from '../scripts/drivers.mjs';
import { StillroomError } from '../src/spec/errors.ts';
import type { Steps } from './library.ts';
import type { TeacherBench, Way } from './page/page.ts';
import { teacherWork } from './teacher.ts';

/** Lets Chromium take the GPU where the bench has one; the tests' flags ask for SwiftShader. */
const flagsOf = (software: boolean) =>
  software
    ? CHROMIUM_FLAGS
    : [
        ...CHROMIUM_FLAGS.filter((flag) => !flag.includes('swiftshader')),
        ...['--enable-features=Vulkan', '--ignore-gpu-blocklist'],
      ];

export interface TeacherContest {
  readonly work: string;
  readonly contestants: readonly Steps[];
  /** Milliseconds that all of the browser's processes have computed. */
  readonly cpu: () => Promise<number>;
  close(): Promise<void>;
}

/** `software`: a CPU plays the GPU here. Errors: `chromium-missing`, and what the page throws. */
export async function openTeacherContest(software: boolean): Promise<TeacherContest> {
  const executablePath = findChromium();
  if (executablePath === null) {
    throw new StillroomError({
      code: 'chromium-missing',
      problem: 'A teacher on the GPU is measured in Chromium, and none was found',
      remedy: 'Install one, or name it in CHROMIUM_PATH',
    });
  }
  const common = { configFile: false, root: 'bench/page', logLevel: 'error' } as const;
  const outDir = '../../build/bench';
  await build({ ...common, build: { outDir, emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 } });
  const server = await preview({ ...common, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } });
  const browser = await chromium.launch({ executablePath, args: [...flagsOf(software)] });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    const opened = await page.evaluate(() => {
      return (globalThis as unknown as { teacherBench: TeacherBench }).teacherBench.open();
    });
    const session = await browser.newBrowserCDPSession();
    return {
      work: `${teacherWork(opened.shape)}, on ${opened.name}${opened.software ? ' (a CPU)' : ''} in Chromium ${browser.version()}`,
      contestants: (['kept on the GPU', 'down and up again'] as const).map((way) => stepsOf(page, way)),
      cpu: () => cpuOf(session),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function stepsOf(page: Page, way: Way): Steps {
  const calling = <T>(what: 'run' | 'losses', count: number) =>
    page.evaluate(
      (call) => {
        const { teacherBench } = globalThis as unknown as { teacherBench: TeacherBench };
        return teacherBench[call.what](call.way, call.count) as Promise<T>;
      },
      { what, way, count },
    );
  return {
    name: way,
    run: (count) => calling('run', count),
    losses: (count) => calling('losses', count),
    // The page goes as a whole.
    dispose: () => undefined,
  };
}

async function cpuOf(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return 1e3 * processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}
