/**
 * A tar archive (POSIX ustar) of files that are in memory. The same entries make the same bytes: sorted by path, of
 * root, without times.
 */

export type Entry =
  | { readonly path: string; readonly kind: 'file'; readonly mode: number; readonly contents: Uint8Array }
  | { readonly path: string; readonly kind: 'folder'; readonly mode: number }
  | { readonly path: string; readonly kind: 'link'; readonly target: string };

const BLOCK = 512;
const MAX_NAME = 100;
const MAX_PREFIX = 155;
/** Eleven octal digits. */
const MAX_SIZE = 8 ** 11 - 1;

/**
 * The archive in pieces. Paths are relative, without `.` and `..`; folders that entries are in are made where none of
 * them says how. Throws Error for a path twice, or one that ustar cannot hold.
 */
export function* tarOf(entries: readonly Entry[]): Generator<Uint8Array> {
  for (const entry of withFolders(entries)) {
    yield header(entry);
    if (entry.kind !== 'file') continue;
    yield entry.contents;
    yield new Uint8Array(-entry.contents.length & (BLOCK - 1));
  }
  yield new Uint8Array(2 * BLOCK);
}

function withFolders(entries: readonly Entry[]): readonly Entry[] {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new Error(`${entry.path} is there twice`);
    byPath.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (!byPath.has(folder)) byPath.set(folder, { path: folder, kind: 'folder', mode: 0o755 });
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function header(entry: Entry): Uint8Array {
  const bytes = Buffer.alloc(BLOCK);
  const [prefix, name] = split(entry.kind === 'folder' ? `${entry.path}/` : entry.path);
  const size = entry.kind === 'file' ? entry.contents.length : 0;
  const target = entry.kind === 'link' ? entry.target : '';
  if (Buffer.byteLength(target) > MAX_NAME) throw new Error(`${entry.path} points too far: ${target}`);
  if (size > MAX_SIZE) throw new Error(`${entry.path} is too large for a tar archive`);
  const octal = (value: number, at: number, digits: number): void => {
    bytes.write(value.toString(8).padStart(digits, '0'), at);
  };
  bytes.write(name, 0);
  octal(entry.kind === 'link' ? 0o777 : entry.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  bytes.write({ file: '0', link: '2', folder: '5' }[entry.kind], 156);
  bytes.write(target, 157);
  bytes.write('ustar\0' + '00', 257);
  bytes.write(prefix, 345);
  // The checksum is taken with blanks in its own place.
  bytes.write('        ', 148);
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  bytes.write('\0 ', 154);
  return bytes;
}

/** Prefix and name, parted at a slash. */
function split(path: string): readonly [string, string] {
  if (Buffer.byteLength(path) <= MAX_NAME) return ['', path];
  for (let at = path.indexOf('/'); at > 0 && at < path.length - 1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= MAX_PREFIX && Buffer.byteLength(name) <= MAX_NAME) return [prefix, name];
  }
  throw new Error(`${path} is too long for a tar archive`);
}
