// The types of records and live messages, made from the JSON Schemas that the server serves and its tests hold against real answers.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const schemas = new URL('../../crates/wire/schemas/', import.meta.url);
const target = new URL('../src/api/schema/', import.meta.url);

const files = (await readdir(schemas)).filter((file) => /^(record|live)\..*\.json$/.test(file)).sort();
// One schema that names all of them, so that a part they share is declared once.
const all = {
  title: 'Everything',
  type: 'object',
  properties: Object.fromEntries(files.map((file) => [file, { $ref: file }])),
};
const source = await compile(all, 'Everything', {
  cwd: fileURLToPath(schemas),
  additionalProperties: false,
  bannerComment: '// Made by scripts/schemas.mjs of the schemas in crates/wire/schemas.\n',
  declareExternallyReferenced: true,
  style: { singleQuote: true, printWidth: 110 },
});
await mkdir(target, { recursive: true });
await writeFile(new URL('records.ts', target), source);
