/** How the planes share the links: `bandwidth:` of an experiment, one mode for all links and its exceptions. */
import { BUNDLE_HEADER, RECORD_HEADER } from '../../net/cancellation.ts';
import {
  type BandwidthSettings,
  DEFAULT_CANCELLATION,
  MIN_HEADER_BYTES,
} from '../../routerd/bandwidth/bandwidth.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { Link } from './resolved.ts';
import type { Bandwidth } from './schema.generated.ts';
import { parseShare, sizeBytes } from './units.ts';

const FAIR: BandwidthSettings = { mode: 'fair' };

type Mode = BandwidthSettings['mode'];
/** What stands beside `links`, and in each of them. */
type Written = Omit<Bandwidth, 'links'>;

/** The mode that each key is for. */
const MODE_OF = {
  real: 'partition',
  strict: 'partition',
  header: 'cancellation',
  realDelay: 'cancellation',
} as const satisfies Record<string, Mode>;
const KEYS = ['real', 'strict', 'header', 'realDelay'] as const satisfies readonly (keyof typeof MODE_OF)[];

/** The links with what `bandwidth:` says of them. Where it is wrong that is reported, and the default stands in. */
export function shareLinks(
  report: Report,
  names: Names,
  written: Bandwidth,
  links: readonly Link[],
): readonly Link[] {
  const path = ['bandwidth'];
  const general = read(report, path, written, {});
  const exceptions = exceptionsOf(report, names, written);
  const shared = links.map((link): Link => {
    if (hasHost(link)) return { ...link, bandwidth: FAIR };
    return { ...link, bandwidth: exceptions.get(link.name)?.settings ?? general };
  });
  for (const { name, mtu, bandwidth } of shared) {
    if (bandwidth.mode !== 'cancellation' || leavesSomething(bandwidth.headerBytes, mtu)) continue;
    const own = exceptions.get(name);
    report.error([...(own?.hasHeader ? own.path : path), 'header'], {
      message: `a header of ${bandwidth.headerBytes}B leaves nothing to cancel on link "${name}"`,
      suggestion: `its frames carry ${mtu}B, ${BUNDLE_HEADER + RECORD_HEADER}B of them around a header`,
    });
    break;
  }
  return shared;
}

interface Exception {
  readonly path: DocumentPath;
  readonly settings: BandwidthSettings;
  readonly hasHeader: boolean;
}

/** By the names of the links. */
function exceptionsOf(report: Report, names: Names, written: Bandwidth): ReadonlyMap<string, Exception> {
  const exceptions = new Map<string, Exception>();
  const items = Array.isArray(written.links) ? (written.links ?? []) : [];
  for (const [index, item] of items.entries()) {
    const path = ['bandwidth', 'links', index];
    if (!report.sound(...path)) continue;
    const link = names.link([...path, 'link'], item.link, ' in bandwidth');
    const settings = read(report, path, item, written);
    if (link === undefined) continue;
    if (exceptions.has(link.name)) {
      report.error([...path, 'link'], `a second entry for link "${link.name}"`);
    } else if (hasHost(link) && settings.mode !== 'fair') {
      report.error([...path, 'link'], {
        message: `link "${link.name}" has a host on it: its planes share it by fair`,
        suggestion: 'leave it out; modes are for links between routers',
      });
    }
    exceptions.set(link.name, { path, settings, hasHeader: item.header !== undefined });
  }
  return exceptions;
}

/** What stands at `path`; what is left out is as in `general`, where that has the same mode. */
function read(report: Report, path: DocumentPath, own: Written, general: Written): BandwidthSettings {
  const isSaid = report.sound('bandwidth', 'mode');
  const generalMode = (isSaid ? general.mode : undefined) ?? 'fair';
  const mode = (report.sound(...path, 'mode') ? own.mode : undefined) ?? generalMode;
  for (const key of KEYS) {
    if (own[key] === undefined || MODE_OF[key] === mode || !isSaid) continue;
    const message = `"${key}" is for the mode ${MODE_OF[key]}: the mode here is ${mode}`;
    report.error([...path, key], message, true);
  }
  const given = <Key extends keyof typeof MODE_OF>(key: Key): Written[Key] | undefined => {
    if (own[key] !== undefined) return report.sound(...path, key) ? own[key] : undefined;
    return mode === generalMode && report.sound('bandwidth', key) ? general[key] : undefined;
  };
  switch (mode) {
    case 'fair':
    case 'priority':
      return { mode };
    case 'partition': {
      const realShare = parseShare(given('real') ?? '50%') ?? 0.5;
      if (own.real !== undefined && (realShare === 0 || realShare === 1)) {
        report.error([...path, 'real'], {
          message: `a share of ${own.real} leaves the ${realShare === 0 ? 'real' : 'shadow'} plane nothing`,
          suggestion: 'the mode priority serves the real plane first',
        });
      }
      return { mode, realShare, strict: given('strict') ?? false };
    }
    case 'cancellation': {
      const header = given('header');
      const headerBytes = header === undefined ? DEFAULT_CANCELLATION.headerBytes : sizeBytes(header);
      if (own.header !== undefined && headerBytes < MIN_HEADER_BYTES) {
        report.error([...path, 'header'], {
          message: `a header of ${own.header} is too short to measure packets by`,
          suggestion: `IPv4, UDP and shadowlab's own header are ${MIN_HEADER_BYTES}B`,
        });
      }
      const frames = Number.parseInt(given('realDelay') ?? '', 10);
      const realDelayFrames = Number.isNaN(frames) ? DEFAULT_CANCELLATION.realDelayFrames : frames;
      return { mode, headerBytes, realDelayFrames };
    }
  }
}

/** Does a header fit in a frame of its own, and is shorter than the longest packet? */
function leavesSomething(headerBytes: number, mtu: number): boolean {
  return BUNDLE_HEADER + RECORD_HEADER + headerBytes <= mtu;
}

function hasHost({ ends }: Link): boolean {
  return ends.some(({ kind }) => kind === 'host');
}

/** `fair`, `partition 70% strict`, `cancellation 52B, 1 frame`. */
export function formatBandwidth(bandwidth: BandwidthSettings): string {
  switch (bandwidth.mode) {
    case 'fair':
    case 'priority':
      return bandwidth.mode;
    case 'partition':
      return `partition ${+(bandwidth.realShare * 100).toFixed(9)}%${bandwidth.strict ? ' strict' : ''}`;
    case 'cancellation': {
      const { headerBytes, realDelayFrames } = bandwidth;
      return `cancellation ${headerBytes}B, ${realDelayFrames} ${realDelayFrames === 1 ? 'frame' : 'frames'}`;
    }
  }
}
