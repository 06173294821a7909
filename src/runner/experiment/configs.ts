/**
 * The routers' configurations: read from folders or from the experiment itself, parsed, and checked against the
 * routers they are for. Whatever is wrong in a text is shown in that text, be it a block in the YAML or a file.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig } from '../../config/check.ts';
import type { RouterConfig } from '../../config/model.ts';
import { applyLines, parseConfig } from '../../config/parser.ts';
import type { ConfigProblem } from '../../config/problem.ts';
import { withoutSecrets } from '../../config/secrets.ts';
import type { Plane } from '../../net/wire.ts';
import type { Disagreement } from './agreement-member.ts';
import { listed, type Names } from './names.ts';
import { type DocumentPath, didYouMean, fileProblem, type Problem } from './problem.ts';
import type { Report } from './report.ts';
import type { RouterConfigs } from './resolved.ts';
import type { Configs } from './schema.generated.ts';
import { fileBeside, type Location, readSourceText } from './source-text.ts';
import { LOOPBACK } from './topology/configured.ts';

/** Configuration text and where its lines stand. */
export interface ConfigSource {
  readonly text: string;
  locate(line: number, column: number, length: number): Location;
}

const MAX_FOLDER_ENTRIES = 10_000;

/** Configurations of all routers after a change of some in one plane. */
export interface ConfigChange {
  readonly step: number;
  readonly plane: Plane;
  readonly configs: readonly RouterConfigs[];
  /** What was entered, by router. */
  readonly sources: ReadonlyMap<string, ConfigSource>;
}

export class ConfigReader {
  readonly #report: Report;
  readonly #names: Names;
  readonly #unknownIs: Problem['severity'];
  /** By plane and router. */
  readonly #sources = new Map<string, ConfigSource>();
  readonly #changes: ConfigChange[] = [];
  readonly #told = new Set<string>();

  constructor(report: Report, names: Names, unknownConfig: Configs['unknownConfig']) {
    this.#report = report;
    this.#names = names;
    this.#unknownIs = unknownConfig === 'warn' ? 'warning' : 'error';
  }

  /** The text of a router's configuration in a plane: where it differs from others', the line is pointed at. */
  keep(plane: Plane, router: string, source: ConfigSource): void {
    this.#sources.set(`${plane} ${router}`, source);
  }

  keepChange(change: ConfigChange): void {
    this.#changes.push(change);
  }

  /** Those of the steps, in their order. */
  get changes(): readonly ConfigChange[] {
    return this.#changes;
  }

  /** Warns of what does not fit together, once where it is so in both planes, and not again `after` a change. */
  warnOf(found: readonly Disagreement[], after?: ConfigChange): void {
    for (const { router, plane, section, keywords, words, otherEnd, message, suggestion } of found) {
      if (after !== undefined && plane !== after.plane) continue;
      const key = `${router} ${message}`;
      if (this.#told.has(key)) continue;
      this.#told.add(key);
      const isInBoth = found.some(
        (each) => each.router === router && each.message === message && each.plane !== plane,
      );
      const where =
        after === undefined ? (isInBoth ? '' : `, in ${plane}`) : `, in ${plane} after step ${after.step}`;
      const said = {
        message: `${message}${where}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      };
      const newest = (name: string) => after?.sources.get(name) ?? this.#sources.get(`${plane} ${name}`);
      const say = (source: ConfigSource | undefined) =>
        source !== undefined &&
        words.some((word) => this.#say('warning', source, keywords, word, said, section));
      // What was entered last is what was changed.
      const other = otherEnd && newest(otherEnd.router);
      const isTold =
        say(newest(router)) ||
        (otherEnd !== undefined &&
          other !== undefined &&
          this.#say('warning', other, 'interface', otherEnd.port, said)) ||
        say(this.#sources.get(`${plane} ${router}`)) ||
        say(this.#sources.get(`real ${router}`));
      if (isTold) continue;
      this.#report.warning(after === undefined ? ['configs', plane] : ['steps', after.step - 1], said);
    }
  }

  /** A whole configuration. */
  read(router: string, source: ConfigSource): RouterConfig {
    return this.#check(router, source, parseConfig(source.text));
  }

  /** Lines entered on top of `base`. */
  enter(router: string, source: ConfigSource, base: RouterConfig): RouterConfig {
    return this.#check(router, source, applyLines(base, source.text));
  }

  /** Text that stands in the experiment. */
  inline(path: DocumentPath, text: string): ConfigSource {
    const { document } = this.#report;
    if (document.isJoined(path)) {
      const key = path.at(-1);
      this.#report.error(path, {
        message: 'YAML joins these lines into one',
        suggestion: `write "${key}: |" above them`,
      });
      return { text: '', locate: () => document.locate(path) };
    }
    return { text, locate: (line, column, length) => document.locateInText(path, line, column, length) };
  }

  #check(
    router: string,
    source: ConfigSource,
    parsed: { readonly config: RouterConfig; readonly problems: readonly ConfigProblem[] },
  ): RouterConfig {
    const { config } = parsed;
    for (const { line, column, length, message, suggestion, unknown } of parsed.problems) {
      this.#report.add({
        severity: unknown ? this.#unknownIs : 'error',
        ...source.locate(line, column, length),
        message,
        ...remedied(suggestion, unknown && this.#unknownIs === 'error'),
      });
    }
    const ports = this.#names.portsOf(router);
    const isOdd = (name: string) => !ports.includes(name) && !LOOPBACK.test(name);
    for (const name of interfacesIn(config).filter(isOdd)) {
      const suggestion = didYouMean(name, ports) ?? `it has ${listed(ports)}`;
      this.#say('error', source, '', name, {
        message: `router "${router}" has no interface "${name}"`,
        suggestion,
      });
    }
    // A line that was refused may be the very one that a warning would miss.
    const isWhole = !parsed.problems.some(({ unknown }) => !unknown || this.#unknownIs === 'error');
    for (const { severity, keywords, word, message, ...more } of checkConfig(config)) {
      if (severity === 'warning' && !isWhole) continue;
      this.#say(severity, source, keywords, word, { message: `${message} on router "${router}"`, ...more });
    }
    return config;
  }

  /**
   * Points at the first time that `word` stands in the text, in a line that begins with `keywords` if there is
   * one; says nothing, and returns false, where it does not stand there: then it is not new.
   */
  #say(
    severity: Problem['severity'],
    source: ConfigSource,
    keywords: string,
    word: string,
    words: { readonly message: string; readonly suggestion?: string },
    section?: string,
  ): boolean {
    const place = find(source.text, keywords, word, section) ?? find(source.text, '', word);
    if (place === undefined) return false;
    const at = source.locate(place.line, place.column, word.length);
    this.#report.add({ severity, ...at, lineText: withoutSecrets(at.lineText), ...words });
    return true;
  }
}

/** Real and shadow of every router, sorted by name. `made`: what the topology gives each router by itself. */
export function resolveConfigs(
  report: Report,
  names: Names,
  reader: ConfigReader,
  configs: Configs,
  made: ReadonlyMap<string, RouterConfig>,
): readonly RouterConfigs[] {
  const real = new Map(made);
  for (const [router, source] of sources(report, names, reader, configs.real, 'real')) {
    reader.keep('real', router, source);
    real.set(router, reader.read(router, source));
  }
  const shadow = new Map(real);
  const isFolder = typeof configs.shadow === 'string';
  for (const [router, source] of sources(report, names, reader, configs.shadow, 'shadow')) {
    const base = real.get(router);
    if (base === undefined) continue;
    reader.keep('shadow', router, source);
    shadow.set(router, isFolder ? reader.read(router, source) : reader.enter(router, source, base));
  }
  const resolved: RouterConfigs[] = [];
  for (const { name: router } of names.topology?.routers ?? []) {
    const both = { real: real.get(router), shadow: shadow.get(router) };
    if (both.real !== undefined && both.shadow !== undefined) {
      resolved.push({ router, real: both.real, shadow: both.shadow });
    }
  }
  return resolved;
}

function sources(
  report: Report,
  names: Names,
  reader: ConfigReader,
  written: Configs['real'],
  plane: 'real' | 'shadow',
): readonly (readonly [string, ConfigSource])[] {
  const path: DocumentPath = ['configs', plane];
  if (written === undefined || written === null || Array.isArray(written)) return [];
  if (typeof written === 'string') return report.sound(...path) ? folder(report, names, written, path) : [];
  return Object.entries(written).flatMap(([router, text]) => {
    const textPath = [...path, router];
    const known = names.router(textPath, router, ` in configs, ${plane}`, true);
    return known !== undefined && report.sound(...textPath)
      ? [[router, reader.inline(textPath, text)] as const]
      : [];
  });
}

/** `ROUTER.conf` and `ROUTER/frr.conf` of a folder. */
function folder(
  report: Report,
  names: Names,
  written: string,
  path: DocumentPath,
): readonly (readonly [string, ConfigSource])[] {
  const routers = names.topology?.routers.map((router) => router.name) ?? [];
  const shown = fileBeside(report.document.file, written);
  const entries = entriesOf(shown);
  if (typeof entries === 'string') {
    report.error(path, `the folder "${shown}" ${entries}`);
    return [];
  }
  if (names.topology === undefined) return [];
  const found: (readonly [string, ConfigSource])[] = [];
  const unreadable = new Set<string>();
  for (const entry of entries) {
    const router = entry.endsWith('.conf') ? entry.slice(0, -'.conf'.length) : entry;
    const file = entry === router ? join(shown, entry, 'frr.conf') : join(shown, entry);
    if (entry === router && !isFile(file)) continue;
    if (!names.isRouter(router)) {
      const suggestion = didYouMean(router, routers);
      report.add(fileProblem(file, `there is no router "${router}" for this configuration`, suggestion));
    } else if (unreadable.has(router) || found.some(([other]) => other === router)) {
      report.add(fileProblem(file, `a second configuration of router "${router}"`));
    } else {
      const source = readSourceText(file);
      if ('wrong' in source) {
        report.add(fileProblem(file, `the configuration ${source.wrong}`));
        unreadable.add(router);
      } else found.push([router, { text: source.text, locate: source.locateLine.bind(source) }]);
    }
  }
  const known = new Set([...unreadable, ...found.map(([router]) => router)]);
  const without = routers.filter((router) => !known.has(router));
  if (known.size === 0) {
    report.error(path, `the folder "${shown}" has no configuration: no ROUTER.conf, no ROUTER/frr.conf`);
  } else if (without.length > 0 && path.at(-1) === 'real') {
    report.warning(path, `"${shown}" has no configuration for ${listed(without)}: made from the topology`);
  }
  return found;
}

/** Names in the folder, sorted; or why there are none, in words that follow its name. */
function entriesOf(path: string): readonly string[] | string {
  try {
    if (!statSync(path).isDirectory()) return 'is not a folder';
    const entries = readdirSync(path).toSorted();
    return entries.length > MAX_FOLDER_ENTRIES ? `has more than ${MAX_FOLDER_ENTRIES} entries` : entries;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
    return code === 'EACCES'
      ? 'cannot be read: permission denied'
      : `cannot be read: ${String(code ?? error)}`;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** What to do about a line: what was meant, or that it can be passed over, where nobody asked for that yet. */
function remedied(suggestion: string | undefined, isRefused: boolean): { readonly suggestion?: string } {
  if (suggestion !== undefined) return { suggestion };
  return isRefused ? { suggestion: 'take it out, or let "unknownConfig: warn" pass over it' } : {};
}

/** Where `word` first stands in a line that begins with these keywords, or with `no` and them; below `section`, if given. */
function find(
  text: string,
  keywords: string,
  word: string,
  section?: string,
): { readonly line: number; readonly column: number } | undefined {
  const beginning = keywords === '' ? /^/ : new RegExp(`^\\s*(?:no\\s+)?${keywords}(?!\\S)`);
  let isThere = section === undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (section !== undefined && SECTION.test(line)) isThere = line.trim().split(/\s+/).join(' ') === section;
    const start = isThere ? beginning.exec(line)?.[0].length : undefined;
    if (start === undefined) continue;
    for (const match of line.slice(start).matchAll(/\S+/g)) {
      if (match[0] === word) return { line: index + 1, column: start + match.index + 1 };
    }
  }
  return undefined;
}

/** What opens a section of its own. */
const SECTION = /^\s*(?:interface|router|vrf|route-map|key chain)\s/;

/** Every interface that the configuration speaks of. */
function interfacesIn(config: RouterConfig): readonly string[] {
  const routed = config.staticRoutes.flatMap(({ via }) =>
    (via.kind === 'interface' || via.kind === 'gateway') && via.interface !== undefined
      ? [via.interface]
      : [],
  );
  const { passiveInterfaces = [], activeInterfaces = [] } = config.ospf ?? {};
  const names = config.interfaces.map((port) => port.name);
  return [...new Set([...names, ...passiveInterfaces, ...activeInterfaces, ...routed])];
}
