import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';

const ENTRY = fileURLToPath(new URL('src/drive/shell/worker.ts', import.meta.url));
const PUBLIC = fileURLToPath(new URL('public', import.meta.url));
/** Files of `public/` that the app on the phone needs. */
const PUBLIC_FILES = ['drive.webmanifest', ...readdirSync(`${PUBLIC}/icons`).map((name) => `icons/${name}`)];
/** Scripts of the fonts that our languages are written in; others are asked for when they are met. */
const FONTS = /-latin(-ext)?-/;

type Bundle = Rolldown.OutputBundle;

/** Builds `sw.js`, which keeps the page /drive on the phone, with the list of all that the page is made of. */
export function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const assets = [...filesOf('drive.html', bundle)].toSorted();
      const hash = createHash('sha256');
      for (const path of assets) hash.update(path);
      hash.update(source(bundle['drive.html']));
      for (const name of PUBLIC_FILES) hash.update(readFileSync(`${PUBLIC}/${name}`));
      const files = [
        '/drive',
        ...PUBLIC_FILES.map((name) => `/${name}`),
        ...assets.map((name) => `/${name}`),
      ];
      const app = { version: hash.digest('hex').slice(0, 16), files };
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: await compiled(app) });
    },
  };
}

/** Everything that a page asks for: its scripts, theirs, those that come later, and their styles, fonts and other files. */
function filesOf(page: string, bundle: Bundle): Set<string> {
  const found = new Set<string>();
  const scripts = Object.values(bundle).filter((file) => file.type === 'chunk');
  const entry = scripts.find((chunk) => chunk.facadeModuleId?.endsWith(page));
  if (!entry) throw new Error(`${page} is not built`);
  const visit = (name: string) => {
    if (found.has(name) || !wanted(name)) return;
    const file = bundle[name];
    if (!file) return;
    found.add(name);
    const text = source(file);
    const named = file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : [];
    // Styles and files are named in the text by where they lie.
    const mentioned = Object.keys(bundle).filter(
      (other) => other.startsWith('assets/') && text.includes(other.slice('assets/'.length)),
    );
    for (const other of [...named, ...mentioned]) visit(other);
  };
  visit(entry.fileName);
  const html = source(bundle[page]);
  for (const name of Object.keys(bundle)) if (name !== page && html.includes(`/${name}`)) visit(name);
  return found;
}

function wanted(name: string): boolean {
  return !name.endsWith('.woff2') || FONTS.test(name);
}

function source(file: Bundle[string] | undefined): string {
  if (!file) return '';
  if (file.type === 'chunk') return file.code;
  return /\.(css|html|js)$/.test(file.fileName) ? String(file.source) : '';
}

/** The worker in one file that imports nothing: not every browser lets a worker import. */
async function compiled(app: { version: string; files: string[] }): Promise<string> {
  const made = (await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { APP: JSON.stringify(app) },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: ENTRY, output: { format: 'iife' } },
    },
  })) as Rolldown.RolldownOutput;
  const [chunk] = made.output;
  return chunk.code;
}
