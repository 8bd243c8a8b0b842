// Compresses a built site: `node compress.mjs FOLDER`. Beside every file that shrinks it writes FILE.br and FILE.gz, and to its output
// a line per file: the path, its bytes, the beginning of its content's SHA-256, and `packed` or `plain`, between tabs.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** A file that shrinks by less than a twentieth (pictures, fonts) is kept as it is. */
const WORTH_IT = 0.95;

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error("usage: node compress.mjs FOLDER");
}

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).split(sep).join("/"))
  .filter((path) => !path.endsWith(".map") && !path.endsWith(".br") && !path.endsWith(".gz"))
  .sort();

for (const path of files) {
  const plain = readFileSync(join(folder, path));
  const brotli = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  const packed = brotli.length < plain.length * WORTH_IT;
  if (packed) {
    writeFileSync(join(folder, `${path}.br`), brotli);
    writeFileSync(join(folder, `${path}.gz`), gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }));
  }
  const digest = createHash("sha256").update(plain).digest("hex").slice(0, 32);
  console.log([path, plain.length, digest, packed ? "packed" : "plain"].join("\t"));
}
