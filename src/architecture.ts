/**
 * The rules of the house, each a function from a tree (path from the root → text) to the sentences that say who
 * breaks it. Imports and names are read by a parser, so comments and strings count for nothing. Which folder may
 * import which is data and stands in architecture.test.ts, with the tests; no rule reads a disk.
 */
import { parseSync, Visitor } from 'vite';

export type Tree = ReadonlyMap<string, string>;

/** What the files of a folder may reach. Paths are prefixes from the root; `node:` and `react` are packages. */
export interface Zone {
  readonly imports: readonly string[];
  readonly packages?: readonly string[];
  /** Modules that it may start as threads, by `new URL('…', import.meta.url)`. */
  readonly threads?: readonly string[];
}

/** By prefix; of two that fit, the longer one holds. */
export type Zones = Readonly<Record<string, Zone>>;

interface Edge {
  /** A path from the root, or a package's name. Null for an address that is computed. */
  readonly target: string | null;
  /** `lazy`: loaded when it is called for, by `import()`. */
  readonly kind: 'import' | 'lazy' | 'type' | 'thread';
}

interface Facts {
  readonly edges: readonly Edge[];
  readonly gpuNames: readonly string[];
  /** Constructs that are not written here: `any`, `!`, enums, default exports. */
  readonly banned: readonly string[];
}

export const longest = 400;

/** Imports, dynamic ones and types included, and threads that the folder's zone does not allow. */
export function strayImports(tree: Tree, zones: Zones): readonly string[] {
  return scripts(tree).flatMap(([path, { edges }]) => {
    const zone = zoneOf(path, zones);
    if (zone === null) return [`${path} lies in no folder of the table.`];
    return edges.flatMap(({ target, kind }) => {
      if (target === null) return [`${path} imports an address that it computes.`];
      const allowed = kind === 'thread' ? (zone.threads ?? []) : [...zone.imports, ...(zone.packages ?? [])];
      const verb = kind === 'thread' ? 'starts' : 'imports';
      return allowed.some((prefix) => lies(target, prefix)) ? [] : [`${path} ${verb} ${target}.`];
    });
  });
}

/** Circles of modules. Imports of types are gone before anything runs, so two types may name each other. */
export function importCycles(tree: Tree): readonly string[] {
  const edges = scripts(tree).map(([path, facts]): [string, string[]] => [path, running(facts)]);
  return cycles(new Map(edges)).map((circle) => `${circle.join(' → ')} is a circle.`);
}

/** Circles among the folders of a table itself. A key for a single file belongs to its folder's key. */
export function tableCycles(zones: Zones): readonly string[] {
  const folders = Object.keys(zones).filter((key) => key.endsWith('/'));
  const edges = new Map(folders.map((key): [string, string[]] => [key, []]));
  for (const [key, { imports }] of Object.entries(zones)) {
    const from = folders.find((folder) => key.startsWith(folder));
    const to = imports.flatMap((path) => folders.find((folder) => path.startsWith(folder)) ?? []);
    if (from !== undefined) edges.get(from)?.push(...to.filter((folder) => folder !== from));
  }
  return cycles(edges).map((circle) => `${circle.join(' → ')} is a circle.`);
}

/** Modules under `forbidden` that come along, over however many imports, where `entry` is loaded. `behind` is a folder with a rule of its own, which is not entered. */
export function carriedAlong(
  tree: Tree,
  entry: string,
  forbidden: readonly string[],
  behind?: string,
): readonly string[] {
  const facts = new Map(scripts(tree));
  const from = new Map<string, string>([[entry, '']]);
  for (const path of from.keys()) {
    const found = facts.get(path);
    if (found === undefined || (behind !== undefined && path.startsWith(behind))) continue;
    for (const target of running(found)) if (!from.has(target)) from.set(target, path);
  }
  const carried = [...from].filter(([path]) => forbidden.some((prefix) => lies(path, prefix)));
  return carried.map(([path, importer]) => `${entry} carries ${path} along, by ${importer}.`);
}

/** Modules outside of a folder that import one of its modules at once, where it is to be loaded when it is called for. */
export function eagerImports(tree: Tree, folder: string): readonly string[] {
  return scripts(tree)
    .filter(([path]) => !path.startsWith(folder) && !path.includes('.test.'))
    .flatMap(([path, { edges }]) =>
      edges.flatMap(({ target, kind }) =>
        kind === 'import' && target !== null && lies(target, folder)
          ? [`${path} loads ${target} at once.`]
          : [],
      ),
    );
}

/** Names of WebGPU's interfaces outside the places that may hold a device. */
export function strayGpuNames(tree: Tree, allowed: readonly string[]): readonly string[] {
  return scripts(tree)
    .filter(([path]) => !path.endsWith('.gpu.test.ts') && !allowed.some((prefix) => path.startsWith(prefix)))
    .flatMap(([path, { gpuNames }]) =>
      gpuNames.length === 0 ? [] : [`${path} names ${gpuNames.join(', ')}.`],
    );
}

/** `any`, `!`, enums and default exports, which only a tool's configuration may have. The linter's comments excuse nothing. */
export function bannedSyntax(tree: Tree): readonly string[] {
  return scripts(tree).flatMap(([path, { banned }]) =>
    banned
      .filter((what) => !(what === 'a default export' && path.endsWith('.config.ts')))
      .map((what) => `${path} has ${what}.`),
  );
}

export function longFiles(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    return isCode(path) && lines > longest ? [`${path} has ${lines} lines of at most ${longest}.`] : [];
  });
}

/** Files that do not open by saying what they are. A test file says it in its titles. */
export function withoutHeader(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, text]) => {
    if (!isCode(path) || path.includes('.test.')) return [];
    const start = text.replace(/^#!.*\n/, '');
    const header = /^(?:\/\/.*\n|\/\*[\s\S]*?\*\/)/.exec(start)?.[0] ?? '';
    const said = header.replace(/^\W+/, '');
    return said.length < 10 || /^(?:biome|@ts)-/.test(said) ? [`${path} has no header comment.`] : [];
  });
}

/** Shaders that are a whole kernel and lack the wrapper or the test of their stem, or that no wrapper names. */
export function kernelsWithoutPartner(tree: Tree): readonly string[] {
  const wrappers = [...tree].filter(([path]) => path.startsWith('src/kernels/') && !path.includes('.test.'));
  return [...tree.keys()]
    .filter((path) => path.startsWith('shaders/') && path.endsWith('.wgsl'))
    .flatMap((path) => {
      const source = path.slice('shaders/'.length, -'.wgsl'.length);
      const unnamed = wrappers.some(([, text]) => text.includes(`'${source}'`))
        ? []
        : [`No kernel names ${path}.`];
      if (/(?:^|\/)(?:lib|terms)\//.test(source)) return unnamed;
      const stem = `src/kernels/${camelCase(source.replace(/^.*\//, ''))}`;
      const tested = tree.has(`${stem}.test.ts`) || tree.has(`${stem}.gpu.test.ts`);
      return [
        ...unnamed,
        ...(tree.has(`${stem}.ts`) ? [] : [`${path} has no wrapper ${stem}.ts.`]),
        ...(tested ? [] : [`${path} has no test ${stem}.test.ts.`]),
      ];
    });
}

function isCode(path: string): boolean {
  return isScript(path) || path.endsWith('.wgsl');
}

function isScript(path: string): boolean {
  return /\.(?:tsx?|m?js|mts)$/.test(path);
}

function camelCase(stem: string): string {
  return stem.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A prefix that ends in `/` or `:` is a folder; else it is the file or package itself, with what lies in it. */
function lies(target: string, prefix: string): boolean {
  if (/[/:]$/.test(prefix)) return target.startsWith(prefix);
  return target === prefix || target.startsWith(`${prefix}/`);
}

export function zoneOf(path: string, zones: Zones): Zone | null {
  const keys = Object.keys(zones).filter((key) => path.startsWith(key));
  const key = keys.reduce((best, next) => (next.length > best.length ? next : best), '');
  return zones[key] ?? null;
}

function running({ edges }: Facts): string[] {
  return edges.flatMap(({ target, kind }) =>
    (kind === 'import' || kind === 'lazy') && target !== null ? [target] : [],
  );
}

/** Depth first; each circle once, from where the search met it. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): void => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node]);
    if (path.includes(node) || done.has(node)) return;
    path.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    path.pop();
    done.add(node);
  };
  for (const node of edges.keys()) visit(node);
  return found;
}

function scripts(tree: Tree): readonly (readonly [string, Facts])[] {
  const files = [...tree].filter(([path]) => isScript(path));
  return files.map(([path, text]) => [path, factsOf(path, text)]);
}

const known = new Map<string, { readonly text: string; readonly facts: Facts }>();

/** Every rule asks for the same files, so a text is parsed once. */
function factsOf(path: string, text: string): Facts {
  const earlier = known.get(path);
  if (earlier?.text === text) return earlier.facts;
  const facts = parse(path, text);
  known.set(path, { text, facts });
  return facts;
}

function parse(path: string, text: string): Facts {
  const { program, module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`);
  const edges: Edge[] = [];
  const gpuNames = new Set<string>();
  const banned = new Set<string>();
  const reach = (address: string, kind: Edge['kind']) => edges.push({ target: resolve(path, address), kind });
  for (const { moduleRequest, entries } of module.staticImports) {
    const types = entries.length > 0 && entries.every(({ isType }) => isType);
    reach(moduleRequest.value, types ? 'type' : 'import');
  }
  for (const { moduleRequest, exportName, isType } of module.staticExports.flatMap(
    ({ entries }) => entries,
  )) {
    if (moduleRequest !== null) reach(moduleRequest.value, isType ? 'type' : 'import');
    if (exportName.kind === 'Default' || exportName.name === 'default') banned.add('a default export');
  }
  new Visitor({
    ImportExpression({ source }) {
      if (source.type === 'Literal') reach(String(source.value), 'lazy');
      else edges.push({ target: null, kind: 'lazy' });
    },
    TSImportType({ source }) {
      reach(String(source.value), 'type');
    },
    NewExpression({ callee, arguments: [first, base] }) {
      const ours = callee.type === 'Identifier' && callee.name === 'URL' && base?.type === 'MemberExpression';
      if (!ours || base.object.type !== 'MetaProperty' || first?.type !== 'Literal') return;
      // The address of a file that is read, and not run, is nobody's import.
      if (isScript(String(first.value))) reach(String(first.value), 'thread');
    },
    Identifier({ name }) {
      if (/^GPU[A-Z]/.test(name)) gpuNames.add(name);
    },
    TSAnyKeyword() {
      banned.add('`any`');
    },
    TSNonNullExpression() {
      banned.add('`!`');
    },
    TSEnumDeclaration() {
      banned.add('an enum');
    },
  }).visit(program);
  return { edges, gpuNames: [...gpuNames], banned: [...banned] };
}

/** `./x.ts?raw` from src/a/b.ts is src/a/x.ts. */
function resolve(path: string, address: string): string {
  if (!address.startsWith('.')) return address;
  const parts = path.split('/').slice(0, -1);
  for (const part of address.replace(/\?.*$/, '').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
