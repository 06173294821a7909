/** `replay`: the packets of a capture. */
import { readCapture } from '../../traffic/capture.ts';
import { makeReplay } from '../../traffic/replay.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { ReplayFlow } from './schema.generated.ts';
import { fileBeside, readBytes } from './source-text.ts';
import { commonOf, flowEnds, type Unnumbered, whither } from './traffic-common.ts';
import { rateBps } from './units.ts';

const MAX_CAPTURE_BYTES = 64 * 1024 * 1024;

export function replayFlow(
  report: Report,
  names: Names,
  item: ReplayFlow,
  path: DocumentPath,
): readonly Unnumbered[] {
  const { replay, name } = item;
  const replayPath = [...path, 'replay'];
  const ends = flowEnds(report, names, item, path);
  const common = commonOf(report, item, path, '1/10');
  const rate = replay.rate === undefined ? undefined : rateBps(replay.rate);
  if (rate === 0) {
    report.error([...replayPath, 'rate'], `rate: a flow of ${replay.rate} sends nothing`);
    return [];
  }
  const file = fileBeside(report.document.file, replay.file);
  const refuse = (wrong: string, suggestion?: string): readonly Unnumbered[] => {
    const message = `the capture "${file}" ${wrong}`;
    report.error([...replayPath, 'file'], suggestion === undefined ? message : { message, suggestion });
    return [];
  };
  const bytes = readBytes(file, MAX_CAPTURE_BYTES);
  if ('wrong' in bytes) return refuse(bytes.wrong);
  const capture = readCapture(bytes);
  if ('wrong' in capture) return refuse(capture.wrong);
  if (ends === undefined) return [];
  const mtu = names.mtuAt(ends.from.name) ?? Number.POSITIVE_INFINITY;
  const made = makeReplay(capture, {
    packets: replay.packets ?? 'largest',
    ...(rate === undefined ? {} : { rateBps: rate }),
    loop: replay.loop ?? false,
    mtu,
  });
  if ('wrong' in made)
    return refuse(made.wrong, made.needsRate ? 'add a rate, such as rate: 10Mbps' : undefined);
  const total = made.replay.sizes.length;
  if (made.clipped > 0) {
    report.warning(
      [...replayPath, 'file'],
      `replay: ${made.clipped} of ${total} packets are larger than the MTU, and sent with ${mtu} B`,
    );
  }
  if (made.enlarged > 0) {
    report.warning(
      [...replayPath, 'file'],
      `replay: ${made.enlarged} of ${total} packets are too small for shadowlab's header, and sent with 52 B`,
    );
  }
  return [
    {
      kind: 'replay',
      name,
      group: name,
      from: ends.from.name,
      ...whither(ends.to),
      ...common,
      ...made.replay,
    },
  ];
}
